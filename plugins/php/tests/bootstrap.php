<?php

declare(strict_types=1);

require __DIR__ . '/../src/autoload.php';

spl_autoload_register(static function (string $class): void {
    $file = __DIR__ . '/' . str_replace('NextIM\\Site\\Tests\\', '', $class) . '.php';
    if (is_file($file)) {
        require $file;
    }
});
