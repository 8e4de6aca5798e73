<?php

/*
 * The words of the chat, in traditional Chinese.
 *
 * Owns: its pages and its answers. Must not: lack a word that another language has.
 */

declare(strict_types=1);

if (!defined('IN_PHPBB')) {
    exit;
}

$lang = array_merge($lang ?? [], [
    'NEXTIM_NEEDS' => '聊天需要 %s。',
    'NEXTIM_MAY_NOT' => '您無權這樣做。',
    'NEXTIM_BANNED' => '您已被本論壇封鎖。',
    'NEXTIM_SERVER_WORKS' => '能連上訊息伺服器，金鑰有效。',
    'NEXTIM_SERVER_REFUSES' => '訊息伺服器不接受此網域或金鑰。請與其設定（見下）核對。',
    'NEXTIM_SERVER_SILENT' => '無法在 %s 連上訊息伺服器。它是否在執行，本機是否可以連線？',
    'NEXTIM_SERVER_OTHER' => '%1$s 回應 %2$d。那裡執行的是訊息伺服器嗎？',
    'NEXTIM_NO_PUBLIC_URL' => '沒有公開網址，頁面上不會出現聊天。',
    'NEXTIM_NO_SCRIPT' => '%s 不存在。代理是否把它轉給訊息伺服器？',
    'NEXTIM_NOT_SECURE' => '公開網址必須以 https 開頭：在 https 頁面上瀏覽器不載入其他內容。',
    'NEXTIM_SCRIPT_WORKS' => '瀏覽器能取得聊天指令碼。',
    'NEXTIM_UNDELIVERED_WORKS' => '本論壇能接收未送達的訊息。',
    'NEXTIM_UNDELIVERED_REFUSES' => '網頁伺服器沒有轉交 Authorization 標頭。Apache：請加入 "CGIPassAuth On"。如果還沒有金鑰，請先儲存一個。',
    'NEXTIM_UNDELIVERED_FAILS' => '%1$s 回應 %2$d。本機能用此位址連上論壇嗎？前面是否有網頁伺服器的登入，或論壇已關閉？',
    'NEXTIM_ADDRESS_WORKS' => '論壇的位址與伺服器設定一致。',
    'NEXTIM_ADDRESS_DIFFERS' => '您在 %1$s，但論壇的伺服器設定是 %2$s：從這裡傳送的訊息會被拒絕。請在「一般」的「伺服器設定」中更正網域、通訊協定和連接埠。',
    'NEXTIM_TABLES_WORK' => '資料表已就緒。',
    'NEXTIM_NO_TABLES' => '缺少資料表。請停用擴充套件，刪除其資料後重新啟用；資料庫使用者須有建立資料表的權限。',
    'NEXTIM_SAVED' => '已儲存。',
    'NEXTIM_SAVE' => '儲存',
    'NEXTIM_SAVE_AND_TEST' => '儲存並測試',
    'NEXTIM_SERVER' => '訊息伺服器',
    'NEXTIM_SERVER_EXPLAIN' => '本機使用的位址',
    'NEXTIM_PUBLIC_URL' => '公開網址',
    'NEXTIM_PUBLIC_URL_EXPLAIN' => '瀏覽器使用的位址，以 https 開頭',
    'NEXTIM_DOMAIN' => '網域',
    'NEXTIM_DOMAIN_EXPLAIN' => '本論壇在訊息伺服器上的名稱',
    'NEXTIM_APIKEY' => '金鑰',
    'NEXTIM_APIKEY_EXPLAIN' => '留空則不變。',
    'NEXTIM_APIKEY_WINS' => '環境變數 NEXTIM_APIKEY 優先。',
    'NEXTIM_ROOMS' => '群聊',
    'NEXTIM_ROOMS_EXPLAIN' => '群組有聊天室。',
    'NEXTIM_STRANGERS' => '陌生人',
    'NEXTIM_STRANGERS_EXPLAIN' => '成員可以傳訊息給所有人。',
    'NEXTIM_CHANNELS' => '新文章',
    'NEXTIM_CHANNELS_EXPLAIN' => '新文章以通知形式傳給關注該版面或主題的人。',
    'NEXTIM_DAYS' => '保留天數',
    'NEXTIM_DAYS_EXPLAIN' => '更早的訊息會被刪除；0 表示不刪除。',
    'NEXTIM_JSONP_ORIGINS' => '其他來源',
    'NEXTIM_JSONP_ORIGINS_EXPLAIN' => '其頁面可以用 JSONP 使用聊天',
    'NEXTIM_TABLE' => '用於訊息伺服器的設定',
    'NEXTIM_GATEWAY' => '用於 XMPP 閘道的設定',
    'NEXTIM_XMPP' => 'XMPP',
    'NEXTIM_XMPP_EXPLAIN' => '有權限的會員可用手機與桌面用戶端聊天，需要閘道 nextim-xmpp 和您的 XMPP 伺服器。',
    'NEXTIM_XMPP_DOMAIN' => '位址網域',
    'NEXTIM_XMPP_DOMAIN_EXPLAIN' => '會員位址中 @ 之後的部分：XMPP 伺服器的網域',
    'NEXTIM_PASSWORDS' => '聊天密碼',
    'NEXTIM_PASSWORDS_EXPLAIN' => '用手機或電腦上的任何 XMPP 用戶端，以您在本站的身分聊天。每台裝置有自己的密碼，只能用於聊天。',
    'NEXTIM_ADDRESS' => '您的位址',
    'NEXTIM_DEVICE' => '裝置',
    'NEXTIM_NEW_DEVICE' => '新裝置',
    'NEXTIM_NEW_DEVICE_EXPLAIN' => '便於您認出此裝置的名稱。',
    'NEXTIM_MAKE' => '產生密碼',
    'NEXTIM_MADE' => '您的新聊天密碼',
    'NEXTIM_MADE_EXPLAIN' => '請現在把它和您的位址一起填入用戶端。它不會再次顯示。',
    'NEXTIM_CREATED' => '產生於',
    'NEXTIM_USED' => '上次登入',
    'NEXTIM_NEVER' => '從未',
    'NEXTIM_REVOKE' => '撤銷',
    'NEXTIM_REVOKED' => '聊天密碼已撤銷。',
    'NEXTIM_REVOKE_EXPLAIN' => '撤銷一個密碼會使您的所有裝置登出，其他裝置會自動重新登入。修改帳號密碼會撤銷全部聊天密碼。',
    'NEXTIM_NO_DEVICE' => '還沒有裝置有聊天密碼。',
    'NEXTIM_DEVICE_NAME' => '請為裝置取一個 1 至 %d 個字元的名稱。',
    'NEXTIM_DEVICES_FULL' => '您的聊天密碼已達上限，請先撤銷一個。',
]);
