<?php

/*
 * What the tests load.
 *
 * Owns: the path of each class: of the plugin as phpBB's loader has it, of the kit, and of what stands in for phpBB.
 * Must not: need phpBB.
 */

declare(strict_types=1);

require __DIR__ . '/../../php/src/autoload.php';
require __DIR__ . '/../../php/tests/PuppetIm.php';
require __DIR__ . '/symfony.php';
require __DIR__ . '/database.php';
require __DIR__ . '/phpbb.php';

spl_autoload_register(static function (string $class): void {
    $prefix = str_starts_with($class, 'nextim\\bar\\tests\\') ? 'nextim\\bar\\tests\\' : 'nextim\\bar\\';
    $folder = $prefix === 'nextim\\bar\\' ? dirname(__DIR__) : __DIR__;
    $file = $folder . '/' . strtr(substr($class, strlen($prefix)), '\\', '/') . '.php';
    if (str_starts_with($class, $prefix) && is_file($file)) {
        require $file;
    }
});
