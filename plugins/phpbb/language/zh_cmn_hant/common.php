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
]);
