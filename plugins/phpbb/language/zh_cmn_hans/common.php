<?php

/*
 * The words of the chat, in simplified Chinese.
 *
 * Owns: its pages and its answers. Must not: lack a word that another language has.
 */

declare(strict_types=1);

if (!defined('IN_PHPBB')) {
    exit;
}

$lang = array_merge($lang ?? [], [
    'NEXTIM_NEEDS' => '聊天需要 %s。',
    'NEXTIM_MAY_NOT' => '您无权这样做。',
    'NEXTIM_BANNED' => '您已被本论坛封禁。',
    'NEXTIM_SERVER_WORKS' => '能连接消息服务器，密钥有效。',
    'NEXTIM_SERVER_REFUSES' => '消息服务器不接受此域名或密钥。请与其配置（见下）核对。',
    'NEXTIM_SERVER_SILENT' => '无法在 %s 连接消息服务器。它是否在运行，本机是否允许连接？',
    'NEXTIM_SERVER_OTHER' => '%1$s 返回 %2$d。那里运行的是消息服务器吗？',
    'NEXTIM_NO_PUBLIC_URL' => '没有公开网址，页面上不会出现聊天。',
    'NEXTIM_NO_SCRIPT' => '%s 不存在。代理是否把它转给消息服务器？',
    'NEXTIM_NOT_SECURE' => '公开网址必须以 https 开头：在 https 页面上浏览器不加载其他内容。',
    'NEXTIM_SCRIPT_WORKS' => '浏览器能取得聊天脚本。',
    'NEXTIM_UNDELIVERED_WORKS' => '本论坛能接收未送达的消息。',
    'NEXTIM_UNDELIVERED_REFUSES' => '网页服务器没有转交 Authorization 头。Apache：请加入 "CGIPassAuth On"。如果还没有密钥，请先保存一个。',
    'NEXTIM_UNDELIVERED_FAILS' => '%1$s 返回 %2$d。本机能用此地址访问论坛吗？前面是否有网页服务器的登录，或论坛已关闭？',
    'NEXTIM_ADDRESS_WORKS' => '论坛的地址与服务器设置一致。',
    'NEXTIM_ADDRESS_DIFFERS' => '您在 %1$s，但论坛的服务器设置是 %2$s：从这里发送的消息会被拒绝。请在“常规”的“服务器设置”中更正域名、协议和端口。',
    'NEXTIM_TABLES_WORK' => '数据表已就绪。',
    'NEXTIM_NO_TABLES' => '缺少数据表。请停用扩展，删除其数据后重新启用；数据库用户须有建表权限。',
    'NEXTIM_SAVED' => '已保存。',
    'NEXTIM_SAVE' => '保存',
    'NEXTIM_SAVE_AND_TEST' => '保存并测试',
    'NEXTIM_SERVER' => '消息服务器',
    'NEXTIM_SERVER_EXPLAIN' => '本机使用的地址',
    'NEXTIM_PUBLIC_URL' => '公开网址',
    'NEXTIM_PUBLIC_URL_EXPLAIN' => '浏览器使用的地址，以 https 开头',
    'NEXTIM_DOMAIN' => '域名',
    'NEXTIM_DOMAIN_EXPLAIN' => '本论坛在消息服务器上的名称',
    'NEXTIM_APIKEY' => '密钥',
    'NEXTIM_APIKEY_EXPLAIN' => '留空则不变。',
    'NEXTIM_APIKEY_WINS' => '环境变量 NEXTIM_APIKEY 优先。',
    'NEXTIM_ROOMS' => '群聊',
    'NEXTIM_ROOMS_EXPLAIN' => '用户组有聊天室。',
    'NEXTIM_STRANGERS' => '陌生人',
    'NEXTIM_STRANGERS_EXPLAIN' => '成员可以给所有人发消息。',
    'NEXTIM_CHANNELS' => '新帖',
    'NEXTIM_CHANNELS_EXPLAIN' => '新帖以通知形式发给关注该版面或主题的人。',
    'NEXTIM_DAYS' => '保留天数',
    'NEXTIM_DAYS_EXPLAIN' => '更早的消息会被删除；0 表示不删除。',
    'NEXTIM_JSONP_ORIGINS' => '其他来源',
    'NEXTIM_JSONP_ORIGINS_EXPLAIN' => '其页面可以用 JSONP 使用聊天',
    'NEXTIM_TABLE' => '用于消息服务器的配置',
    'NEXTIM_GATEWAY' => '用于 XMPP 网关的配置',
    'NEXTIM_XMPP' => 'XMPP',
    'NEXTIM_XMPP_EXPLAIN' => '有权限的会员可用手机与桌面客户端聊天，需要网关 nextim-xmpp 和您的 XMPP 服务器。',
    'NEXTIM_XMPP_DOMAIN' => '地址域名',
    'NEXTIM_XMPP_DOMAIN_EXPLAIN' => '会员地址中 @ 之后的部分：XMPP 服务器的域名',
    'NEXTIM_PASSWORDS' => '聊天密码',
    'NEXTIM_PASSWORDS_EXPLAIN' => '用手机或电脑上的任何 XMPP 客户端，以您在本站的身份聊天。每台设备有自己的密码，只能用于聊天。',
    'NEXTIM_ADDRESS' => '您的地址',
    'NEXTIM_DEVICE' => '设备',
    'NEXTIM_NEW_DEVICE' => '新设备',
    'NEXTIM_NEW_DEVICE_EXPLAIN' => '便于您认出此设备的名称。',
    'NEXTIM_MAKE' => '生成密码',
    'NEXTIM_MADE' => '您的新聊天密码',
    'NEXTIM_MADE_EXPLAIN' => '请现在把它和您的地址一起填入客户端。它不会再次显示。',
    'NEXTIM_CREATED' => '生成于',
    'NEXTIM_USED' => '上次登录',
    'NEXTIM_NEVER' => '从未',
    'NEXTIM_REVOKE' => '撤销',
    'NEXTIM_REVOKED' => '聊天密码已撤销。',
    'NEXTIM_REVOKE_EXPLAIN' => '撤销一个密码会使您的所有设备退出登录，其他设备会自动重新登录。修改账号密码会撤销全部聊天密码。',
    'NEXTIM_NO_DEVICE' => '还没有设备有聊天密码。',
    'NEXTIM_DEVICE_NAME' => '请为设备取一个 1 至 %d 个字符的名称。',
    'NEXTIM_DEVICES_FULL' => '您的聊天密码已达上限，请先撤销一个。',
]);
