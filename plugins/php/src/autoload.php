<?php

/*
 * Loads the classes of the kit, for hosts without Composer.
 *
 * Owns: the path of each class. Must not: load a class of another namespace.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $prefix = 'NextIM\\Site\\';
    if (str_starts_with($class, $prefix)) {
        $file = __DIR__ . '/' . substr($class, strlen($prefix)) . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});
