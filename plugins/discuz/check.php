<?php

/*
 * Whether the plugin can be installed: Discuz includes this first.
 *
 * Owns: what the plugin needs. Must not: use what PHP 5.6 cannot read: an older PHP would fail in every page after it.
 */

if (!defined('IN_DISCUZ') || !defined('IN_ADMINCP')) {
    exit('Access Denied');
}

if (PHP_VERSION_ID < 80100) {
    cpmsg('NextIM: PHP >= 8.1', '', 'error');
}
foreach (array('mysqli', 'json', 'mbstring', 'hash') as $nextimExtension) {
    if (!extension_loaded($nextimExtension)) {
        cpmsg('NextIM: PHP extension ' . $nextimExtension, '', 'error');
    }
}
if (strtolower(CHARSET) !== 'utf-8') {
    cpmsg('NextIM: UTF-8', '', 'error');
}
