// What the bar says, a line a text: in English, as the sources have it, then in simplified and in traditional Chinese.
//
// Owns: the words. `{}` stands for a value, in the same order in all languages. Must not: hold a text that nothing says,
// or a line feed or a bar, which divide the table.

/** The languages, in the order of the table's columns. */
export const LANGUAGES = ['en', 'zh-CN', 'zh-TW'];

export const WORDS = `
Chat | 聊天 | 聊天
Show chat bar | 展开聊天栏 | 展開聊天列
Hide chat bar | 收起聊天栏 | 收合聊天列
Menu | 菜单 | 選單
Notifications | 通知 | 通知
Rooms | 群组 | 群組
Contacts | 联系人 | 聯絡人
Settings | 设置 | 設定
Chats | 会话 | 對話
More chats | 更多会话 | 更多對話
{} online | {} 人在线 | {} 人在線上
{} new | {} 条新通知 | {} 則新通知
{} unread | {} 条未读 | {} 則未讀
Back | 返回 | 返回
Close | 关闭 | 關閉
Minimise | 最小化 | 最小化
Cancel | 取消 | 取消
opens in a new window | 在新窗口打开 | 在新視窗開啟
Close chat with {} | 关闭与 {} 的会话 | 關閉與 {} 的對話
Available | 在线 | 線上
Away | 离开 | 離開
Do not disturb | 请勿打扰 | 請勿打擾
Invisible | 隐身 | 隱身
Offline | 离线 | 離線
Your presence: {} | 我的状态：{} | 我的狀態：{}
Set a status | 写一句签名 | 寫一句狀態
Your status | 我的签名 | 我的狀態訊息
Search contacts | 搜索联系人 | 搜尋聯絡人
Friends | 好友 | 好友
Others on this page | 本页其他人 | 本頁其他人
No contacts yet | 还没有联系人 | 還沒有聯絡人
Friends you add on the site appear here. | 您在本站添加的好友会显示在这里。 | 您在本站加入的好友會顯示在這裡。
Nobody matches “{}” | 没有找到“{}” | 找不到「{}」
Options for {} | {} 的选项 | {} 的選項
Send a message | 发消息 | 傳送訊息
Profile | 个人主页 | 個人首頁
Block | 屏蔽 | 封鎖
Unblock | 取消屏蔽 | 解除封鎖
Blocked | 已屏蔽 | 已封鎖
No rooms yet | 还没有群组 | 還沒有群組
Groups you join on the site have their rooms here. | 您在本站加入的群组会显示在这里。 | 您在本站加入的群組會顯示在這裡。
{} of {} online | {}/{} 人在线 | {}/{} 人在線上
Lock room {} | 屏蔽群组 {} | 封鎖群組 {}
Unlock room {} | 取消屏蔽群组 {} | 解除封鎖群組 {}
Lock room | 屏蔽群消息 | 封鎖群組訊息
Unlock room | 接收群消息 | 接收群組訊息
Locked | 已屏蔽 | 已封鎖
From the site | 站内通知 | 站內通知
Announcements | 公告 | 公告
All caught up | 没有新通知 | 沒有新通知
What happens on the site shows up here. | 站内动态会显示在这里。 | 站內動態會顯示在這裡。
Announcement | 公告 | 公告
New in {} | {} 有新内容 | {} 有新內容
Open | 查看 | 檢視
Dismiss | 知道了 | 知道了
Play a sound | 声音提示 | 提示音
Keep contacts open | 固定联系人列表 | 固定聯絡人清單
Icons only | 只显示图标 | 只顯示圖示
Open new messages | 自动弹出新消息 | 自動開啟新訊息
Desktop notifications | 桌面通知 | 桌面通知
The browser does not allow notifications for this site. | 浏览器不允许本站发送通知。 | 瀏覽器不允許本站傳送通知。
Theme | 主题 | 佈景主題
Automatic | 自动 | 自動
Light | 浅色 | 淺色
Dark | 深色 | 深色
Language | 语言 | 語言
As the page | 与页面一致 | 與頁面相同
Opacity | 不透明度 | 不透明度
Size | 大小 | 大小
{} moves to the chat bar. | 按 {} 可跳到聊天栏。 | 按 {} 可移至聊天列。
Sign in | 登录 | 登入
Sign in to chat | 登录后聊天 | 登入後聊天
Username | 用户名 | 使用者名稱
Password | 密码 | 密碼
That username and password do not match. | 用户名或密码不正确。 | 使用者名稱或密碼不正確。
Connecting… | 正在连接… | 正在連線…
Connection lost. Reconnecting… | 连接已断开，正在重连… | 連線中斷，正在重新連線…
You are offline | 您已离线 | 您目前離線
The site refused the connection | 本站拒绝了连接 | 本站拒絕了連線
The site cannot be reached | 无法连接到本站 | 無法連線到本站
The message server cannot be reached | 无法连接到消息服务器 | 無法連線到訊息伺服器
You are connected in another window | 您已在另一个窗口连接 | 您已在另一個視窗連線
The site has ended your chat session | 本站已结束您的聊天会话 | 本站已結束您的聊天
Chat is open in too many windows | 打开的聊天窗口过多 | 開啟的聊天視窗過多
No network connection | 没有网络连接 | 沒有網路連線
Trying again in {} | {}后重试 | {}後重試
Try again | 重试 | 重試
Connect | 连接 | 連線
Chat with {} | 与 {} 聊天 | 與 {} 聊天
Conversation with {} | 与 {} 的对话 | 與 {} 的對話
Message to {} | 发送给 {} 的消息 | 傳給 {} 的訊息
Write a message | 输入消息 | 輸入訊息
Send | 发送 | 傳送
Emoji | 表情 | 表情符號
Formatting | 文字格式 | 文字格式
Bold | 粗体 | 粗體
Italic | 斜体 | 斜體
Underline | 下划线 | 底線
Small text | 小字 | 小字
Normal text | 标准字 | 標準字
Large text | 大字 | 大字
Text colour | 文字颜色 | 文字顏色
Default colour | 默认颜色 | 預設顏色
Colour {} | 颜色 {} | 顏色 {}
Options | 选项 | 選項
Members | 成员 | 成員
Nobody is here right now | 现在没有人在线 | 現在沒有人在線上
Members of {} | {} 的成员 | {} 的成員
Clear history | 清空聊天记录 | 清除聊天記錄
Clear this conversation for you? | 清空您这边的聊天记录？ | 清除您這邊的聊天記錄？
Clear | 清空 | 清除
That did not work. Try again later. | 操作失败，请稍后再试。 | 操作失敗，請稍後再試。
Download history | 下载聊天记录 | 下載聊天記錄
Loading… | 正在加载… | 載入中…
This is the beginning of the conversation | 没有更早的消息了 | 沒有更早的訊息了
No messages yet. Say hello! | 还没有消息，打个招呼吧！ | 還沒有訊息，打個招呼吧！
New messages | 有新消息 | 有新訊息
To the newest message | 回到最新消息 | 回到最新訊息
Sending | 正在发送 | 正在傳送
Sent | 已发送 | 已傳送
Delivered | 已送达 | 已送達
Not sent | 发送失败 | 傳送失敗
Retry | 重试 | 重試
Discard | 放弃 | 捨棄
{} is typing… | {} 正在输入… | {} 正在輸入…
You | 我 | 我
{} is offline and will get your messages later. | {} 不在线，上线后会收到您的消息。 | {} 不在線上，上線後會收到您的訊息。
You have blocked {}. | 您已屏蔽 {}。 | 您已封鎖 {}。
This room is locked. You get no messages from it. | 您已屏蔽此群组，不会收到群消息。 | 您已封鎖此群組，不會收到群組訊息。
Too long: {} of {} bytes | 消息过长：{} / {} 字节 | 訊息過長：{} / {} 位元組
Chat with {} ({}) | 与 {} 聊天（{}） | 與 {} 聊天（{}）
`.trim().split('\n').map((row) => row.split(' | '));
