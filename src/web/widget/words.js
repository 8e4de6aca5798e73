// The texts of the bar, one a line: in English, as the sources have it, then in simplified and in traditional Chinese.
//
// Owns: the words, in the order of `LANGUAGES`; they are shipped as a file of their own, because pages in English need
// none of it. `{}` stands for a value, in the same order in all languages. Must not: hold a text that nothing uses, or a
// line feed or a bar, which divide the table.

export const WORDS = `
Chat | 聊天 | 聊天
Show chat bar | 展开聊天栏 | 展開聊天列
Hide chat bar | 收起聊天栏 | 收起聊天列
Menu | 菜单 | 選單
Notifications | 通知 | 通知
Rooms | 群组 | 群組
Contacts | 联系人 | 聯絡人
Settings | 设置 | 設定
Chats | 对话 | 對話
More chats | 更多对话 | 更多對話
{} online | {} 人在线 | {} 人在線
{} new | {} 条新通知 | {} 則新通知
{} unread | {} 条未读 | {} 則未讀
Back | 返回 | 返回
Close | 关闭 | 關閉
Minimise | 最小化 | 最小化
Cancel | 取消 | 取消
new window | 新窗口 | 新視窗
Close chat with {} | 关闭与 {} 的对话 | 關閉與 {} 的對話
Available | 在线 | 在線
Away | 离开 | 離開
Do not disturb | 请勿打扰 | 請勿打擾
Invisible | 隐身 | 隱身
Offline | 离线 | 離線
Your presence: {} | 我的状态：{} | 我的狀態：{}
Set a status | 写一句签名 | 寫一句簽名
Your status | 我的签名 | 我的簽名
Search contacts | 搜索联系人 | 搜尋聯絡人
Friends | 好友 | 好友
Others on this page | 本页其他人 | 本頁其他人
No contacts yet | 还没有联系人 | 還沒有聯絡人
Nobody matches “{}” | 没有找到“{}” | 沒有找到「{}」
Options for {} | {} 的选项 | {} 的選項
Send a message | 发消息 | 傳送訊息
Profile | 个人主页 | 個人主頁
Block | 屏蔽 | 封鎖
Unblock | 取消屏蔽 | 解除封鎖
Blocked | 已屏蔽 | 已封鎖
No rooms yet | 还没有群组 | 還沒有群組
{} of {} online | {}/{} 人在线 | {}/{} 人在線
Lock room {} | 屏蔽群组 {} | 封鎖群組 {}
Unlock room {} | 取消屏蔽群组 {} | 解除封鎖群組 {}
Lock room | 屏蔽群消息 | 封鎖群組訊息
Unlock room | 接收群消息 | 接收群組訊息
Locked | 已屏蔽 | 已封鎖
From the site | 本站通知 | 本站通知
Announcements | 公告 | 公告
All caught up | 没有新通知 | 沒有新通知
Announcement | 公告 | 公告
New in {} | {} 有新内容 | {} 有新內容
Open | 查看 | 查看
Dismiss | 知道了 | 知道了
Play a sound | 提示音 | 提示音
Keep contacts open | 固定联系人 | 固定聯絡人
Icons only | 只显示图标 | 只顯示圖示
Open new messages | 自动打开新消息 | 自動開啟新訊息
Desktop notifications | 桌面通知 | 桌面通知
The browser does not allow it. | 浏览器不允许。 | 瀏覽器不允許。
Theme | 主题 | 主題
Automatic | 自动 | 自動
Light | 浅色 | 淺色
Dark | 深色 | 深色
Language | 语言 | 語言
As the page | 与页面一致 | 與頁面一致
Opacity | 不透明度 | 不透明度
Size | 大小 | 大小
{} moves to the chat bar. | {} 跳到聊天栏。 | {} 跳到聊天列。
Sign in | 登录 | 登入
Sign in to chat | 登录后聊天 | 登入後聊天
Username | 用户名 | 使用者名稱
Password | 密码 | 密碼
Wrong username or password. | 用户名或密码不正确。 | 使用者名稱或密碼不正確。
Connecting… | 正在连接… | 正在連線…
Reconnecting… | 正在重新连接… | 正在重新連線…
The site refused | 本站拒绝连接 | 本站拒絕連線
The site cannot be reached | 无法连接到本站 | 無法連線到本站
The message server cannot be reached | 无法连接到消息服务器 | 無法連線到訊息伺服器
Connected in another window | 已在另一个窗口连接 | 已在另一個視窗連線
The site has ended the chat | 本站已结束聊天 | 本站已結束聊天
Too many windows | 窗口过多 | 視窗過多
New messages are held up on their way | 新消息在途中受阻 | 新訊息在途中受阻
No network connection | 没有网络连接 | 沒有網路連線
Trying again in {} | {}后重试 | {}後重試
Try again | 重试 | 重試
Connect | 连接 | 連線
Chat with {} | 与 {} 聊天 | 與 {} 聊天
Conversation with {} | 与 {} 的对话 | 與 {} 的對話
Message to {} | 发送给 {} 的消息 | 傳送給 {} 的訊息
Write a message | 输入消息 | 輸入訊息
Send | 发送 | 傳送
Emoji | 表情 | 表情
Formatting | 文字格式 | 文字格式
Bold | 粗体 | 粗體
Italic | 斜体 | 斜體
Underline | 下划线 | 底線
Small text | 小字 | 小字
Normal text | 正常字 | 正常字
Large text | 大字 | 大字
Text colour | 文字颜色 | 文字顏色
No colour | 无颜色 | 無顏色
Colour {} | 颜色 {} | 顏色 {}
Options | 选项 | 選項
Members | 成员 | 成員
Nobody is here | 没有人在线 | 沒有人在線
Search members | 搜索成员 | 搜尋成員
Members of {} | {} 的成员 | {} 的成員
Clear history | 清空聊天记录 | 清空聊天記錄
Clear it on your side? | 清空您这边的聊天记录？ | 清空您這邊的聊天記錄？
Clear | 清空 | 清空
That did not work. | 操作失败。 | 操作失敗。
Download history | 下载聊天记录 | 下載聊天記錄
Loading… | 正在加载… | 正在載入…
This could not be loaded. | 无法加载。 | 無法載入。
No earlier messages | 没有更早的消息 | 沒有更早的訊息
Say hello! | 打个招呼吧！ | 打個招呼吧！
New messages | 有新消息 | 有新訊息
To the newest message | 回到最新消息 | 回到最新訊息
Sending | 正在发送 | 正在傳送
Sent | 已发送 | 已傳送
Delivered | 已送达 | 已送達
Message deleted | 消息已删除 | 訊息已刪除
Not sent | 发送失败 | 傳送失敗
Retry | 重试 | 重試
Too many messages at once. | 发送过快。 | 傳送過快。
{} messages were not sent. | {} 条消息未发送。 | {} 則訊息未傳送。
Send all again | 全部重发 | 全部重送
Discard | 放弃 | 放棄
{} is typing… | {} 正在输入… | {} 正在輸入…
You | 我 | 我
{} is offline and will read this later. | {} 离线，稍后会看到。 | {} 離線，稍後會看到。
You are not friends yet. | 你们还不是好友。 | 你們還不是好友。
Add friend | 加为好友 | 加為好友
You have blocked {}. | 您已屏蔽 {}。 | 您已封鎖 {}。
You have locked this room. | 您已屏蔽此群组。 | 您已封鎖此群組。
Too long: {} of {} bytes | 过长：{}/{} 字节 | 過長：{}/{} 位元組
Chat with {} ({}) | 与 {} 聊天（{}） | 與 {} 聊天（{}）
`
  .trim()
  .split('\n')
  .map((row) => row.split(' | '));
