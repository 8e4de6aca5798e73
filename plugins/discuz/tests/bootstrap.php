<?php

/*
 * Packs the plugin, and starts as much of Discuz as the tests need: they try what is in the archive.
 *
 * Owns: the folder of a forum with the plugin in it. Must not: leave the folder behind.
 */

declare(strict_types=1);

if (getenv('DATABASE_SOCKET') === false) {
    exit("These tests need MariaDB: plugins/with-database mariadb phpunit -c plugins/discuz\n");
}
$plugins = dirname(__DIR__, 2);
$root = sys_get_temp_dir() . '/nextim-discuz-' . getmypid();
mkdir("$root/source/plugin", 0700, true);
mkdir("$root/source/class");
register_shutdown_function(fn() => exec('rm -rf ' . escapeshellarg($root)));
exec('python3 ' . escapeshellarg("$plugins/pack") . ' ' . escapeshellarg("$root/archives"), $output, $failed);
exec('python3 -m zipfile -e ' . escapeshellarg("$root/archives/nextim-discuz.zip") . ' '
    . escapeshellarg("$root/source/plugin"), $output, $failedToo);
if ($failed + $failedToo > 0) {
    exit("the plugin could not be packed\n");
}
file_put_contents("$root/source/class/class_core.php", "<?php require '" . __DIR__ . "/discuz.php';");
putenv("FORUM_ROOT=$root");
putenv("PLUGIN_ROOT=$root/source/plugin/nextim");
define('IN_ADMINCP', true);
require __DIR__ . '/discuz.php';
require "$root/source/plugin/nextim/nextim.class.php";

spl_autoload_register(static function (string $class): void {
    $prefix = 'NextIM\\Discuz\\Tests\\';
    $file = __DIR__ . '/' . substr($class, strlen($prefix)) . '.php';
    if (str_starts_with($class, $prefix) && is_file($file)) {
        require $file;
    }
});
