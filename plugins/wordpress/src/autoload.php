<?php

/*
 * Loads the classes of the plugin.
 *
 * Owns: the path of each class. Must not: load a class of another namespace.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $prefix = 'NextIM\\WordPress\\';
    if (str_starts_with($class, $prefix)) {
        $file = __DIR__ . '/' . substr($class, strlen($prefix)) . '.php';
        if (is_file($file)) {
            require $file;
        }
    }
});
