<?php

/*
 * The endpoints: `source/plugin/nextim/webim.php?do={endpoint}`.
 *
 * Owns: starting as much of Discuz as the chat needs. Must not: make a session, a page or a style of Discuz.
 *
 * `plugin.php?id=…` cannot serve: before it knows the plugin, Discuz refuses every form with a quote or a parenthesis
 * in it that does not carry the hash of its page, and a message may well have those. The kit checks instead that a
 * change comes from a page of the forum.
 */

declare(strict_types=1);

use NextIM\Discuz\Plugin;
use NextIM\Site\Sapi;

define('APPTYPEID', 127);
define('CURSCRIPT', 'plugin');
define('NOT_IN_MOBILE_API', 1);
define('DISABLEXSSCHECK', true);
define('DISABLEDEFENSE', true);
// Discuz takes the path of this file for that of the forum, less this.
define('SUB_DIR', '/source/plugin/nextim/');

$_SERVER['HTTP_ACCEPT_ENCODING'] = 'identity';
chdir(dirname(__DIR__, 3));
require_once './source/class/class_core.php';

// This removes all variables that were set before.
$discuz = C::app();
foreach (['init_session', 'init_user', 'init_mobile', 'init_cron', 'init_misc'] as $part) {
    $discuz->$part = false;
}
$discuz->init();

require_once __DIR__ . '/src/autoload.php';
$endpoint = isset($_GET['do']) && is_string($_GET['do']) ? $_GET['do'] : '';
$response = (new Plugin(true))->answer(Sapi::request($endpoint));
while (ob_get_level() > 0) {
    ob_end_clean();
}
// Discuz gives a visitor cookies, which a call of the bar need not have.
header_remove('Set-Cookie');
Sapi::send($response);
