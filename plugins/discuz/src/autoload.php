<?php

/*
 * Loads the classes of the plugin and of its kit.
 *
 * Owns: the path of each class. Must not: load a class of another namespace.
 *
 * It stands before Discuz's own, which ends the page at a class that it does not know.
 */

declare(strict_types=1);

spl_autoload_register(static function (string $class): void {
    $folders = ['NextIM\\Site\\' => __DIR__ . '/../kit/src/', 'NextIM\\Discuz\\' => __DIR__ . '/'];
    foreach ($folders as $prefix => $folder) {
        $file = $folder . substr($class, strlen($prefix)) . '.php';
        if (str_starts_with($class, $prefix) && is_file($file)) {
            require $file;
            return;
        }
    }
}, true, true);
