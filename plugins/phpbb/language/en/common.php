<?php

/*
 * The words of the chat, in English.
 *
 * Owns: its pages and its answers. Must not: lack a word that another language has.
 */

declare(strict_types=1);

if (!defined('IN_PHPBB')) {
    exit;
}

$lang = array_merge($lang ?? [], [
    'NEXTIM_NEEDS' => 'The chat needs %s.',
    'NEXTIM_MAY_NOT' => 'You may not do this.',
    'NEXTIM_BANNED' => 'You are banned from this board.',
    'NEXTIM_SERVER_WORKS' => 'The message server is reached, and takes the key.',
    'NEXTIM_SERVER_REFUSES' => 'The message server does not take the domain or the key. Compare both with its '
        . 'configuration, shown below.',
    'NEXTIM_SERVER_SILENT' => 'The message server is not reached at %s. Is it running, and may this machine connect?',
    'NEXTIM_SERVER_OTHER' => 'What runs at %1$s answers %2$d. Is it a message server?',
    'NEXTIM_NO_PUBLIC_URL' => 'Without a public URL no page has the chat.',
    'NEXTIM_NO_SCRIPT' => '%s is not there. Does the proxy pass it on to the message server?',
    'NEXTIM_NOT_SECURE' => 'The public URL must begin with https: browsers load nothing else on pages with https.',
    'NEXTIM_SCRIPT_WORKS' => 'Browsers get the script of the chat.',
    'NEXTIM_UNDELIVERED_WORKS' => 'This board takes undelivered messages.',
    'NEXTIM_UNDELIVERED_REFUSES' => 'The web server does not pass on the header Authorization. Apache: add '
        . '"CGIPassAuth On". If there is no key yet, save one first.',
    'NEXTIM_UNDELIVERED_FAILS' => '%1$s answers %2$d. Does this machine reach the board under this address? Does a '
        . 'log-in of the web server stand before it, or is the board disabled?',
    'NEXTIM_ADDRESS_WORKS' => 'The board is where its server settings say.',
    'NEXTIM_ADDRESS_DIFFERS' => 'You are at %1$s, but the board\'s server settings say %2$s: messages from here will '
        . 'be refused. Correct the domain name, protocol and port under General, Server settings.',
    'NEXTIM_TABLES_WORK' => 'The tables are there.',
    'NEXTIM_NO_TABLES' => 'The tables are missing. Disable the extension, delete its data and enable it again; the '
        . 'user of the database must be allowed to make tables.',
    'NEXTIM_SAVED' => 'Saved.',
    'NEXTIM_SAVE' => 'Save',
    'NEXTIM_SAVE_AND_TEST' => 'Save and test',
    'NEXTIM_SERVER' => 'Message server',
    'NEXTIM_SERVER_EXPLAIN' => 'its address for this machine',
    'NEXTIM_PUBLIC_URL' => 'Public URL',
    'NEXTIM_PUBLIC_URL_EXPLAIN' => 'its address for browsers, with https',
    'NEXTIM_DOMAIN' => 'Domain',
    'NEXTIM_DOMAIN_EXPLAIN' => 'the name of this board at the message server',
    'NEXTIM_APIKEY' => 'Key',
    'NEXTIM_APIKEY_EXPLAIN' => 'Empty leaves it as it is.',
    'NEXTIM_APIKEY_WINS' => 'The variable NEXTIM_APIKEY wins.',
    'NEXTIM_ROOMS' => 'Rooms',
    'NEXTIM_ROOMS_EXPLAIN' => 'Groups have a chat.',
    'NEXTIM_STRANGERS' => 'Strangers',
    'NEXTIM_STRANGERS_EXPLAIN' => 'Members may write to all others.',
    'NEXTIM_CHANNELS' => 'News',
    'NEXTIM_CHANNELS_EXPLAIN' => 'New posts come as notices to those who watch the forum or the topic.',
    'NEXTIM_DAYS' => 'Days kept',
    'NEXTIM_DAYS_EXPLAIN' => 'Older messages are removed; 0: none.',
    'NEXTIM_JSONP_ORIGINS' => 'Other origins',
    'NEXTIM_JSONP_ORIGINS_EXPLAIN' => 'whose pages may use the chat by JSONP',
    'NEXTIM_TABLE' => 'For the configuration of the message server',
    'NEXTIM_GATEWAY' => 'For the configuration of the gateway to XMPP',
    'NEXTIM_XMPP' => 'XMPP',
    'NEXTIM_XMPP_EXPLAIN' => 'Members with the permission chat by phone and desktop clients, by the gateway '
        . 'nextim-xmpp and an XMPP server of yours.',
    'NEXTIM_XMPP_DOMAIN' => 'Address domain',
    'NEXTIM_XMPP_DOMAIN_EXPLAIN' => 'what stands behind the @ of members\' addresses: the domain of the XMPP server',
    'NEXTIM_PASSWORDS' => 'Chat passwords',
    'NEXTIM_PASSWORDS_EXPLAIN' => 'Chat from your phone or computer with any client of XMPP, as the person you are '
        . 'here. Each device gets a password of its own, which opens nothing but the chat.',
    'NEXTIM_ADDRESS' => 'Your address',
    'NEXTIM_DEVICE' => 'Device',
    'NEXTIM_NEW_DEVICE' => 'New device',
    'NEXTIM_NEW_DEVICE_EXPLAIN' => 'A name by which you will know the device.',
    'NEXTIM_MAKE' => 'Make a password',
    'NEXTIM_MADE' => 'Your new chat password',
    'NEXTIM_MADE_EXPLAIN' => 'Type it into the client now, with your address. It is not shown again.',
    'NEXTIM_CREATED' => 'Made',
    'NEXTIM_USED' => 'Last log-in',
    'NEXTIM_NEVER' => 'never',
    'NEXTIM_REVOKE' => 'Revoke',
    'NEXTIM_REVOKED' => 'The chat password is revoked.',
    'NEXTIM_REVOKE_EXPLAIN' => 'Revoking one logs all your devices out; the others log in again by themselves. A '
        . 'new password of your account revokes all.',
    'NEXTIM_NO_DEVICE' => 'No device has a chat password yet.',
    'NEXTIM_DEVICE_NAME' => 'Please give the device a name of 1 to %d characters.',
    'NEXTIM_DEVICES_FULL' => 'You have as many chat passwords as one member may have. Revoke one first.',
]);
