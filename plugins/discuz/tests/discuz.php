<?php

/*
 * As much of Discuz as the plugin uses, for the tests.
 *
 * Owns: its functions and classes, with the database of the tests behind them. Must not: be more than the tests need, or
 * be kinder than Discuz: `DB::query` refuses what Discuz refuses, and statements are not strict.
 *
 * $_G['test'] records what was called: `headers`, `log`, `messages`, `caches`.
 */

declare(strict_types=1);

defined('IN_DISCUZ') || define('IN_DISCUZ', true);
defined('TIMESTAMP') || define('TIMESTAMP', time());
defined('CHARSET') || define('CHARSET', 'utf-8');

// Discuz's own loader ends the page at a class that it has not.
spl_autoload_register(static function (string $class): void {
    if (str_starts_with($class, 'NextIM\\Discuz\\') && !str_starts_with($class, 'NextIM\\Discuz\\Tests\\')) {
        throw new Exception("Oops! System file lost: $class");
    }
});

/** Discuz ends the process here. */
final class DiscuzEnds extends Exception
{
}

class discuz_database
{
    public static ?FakeDriver $driver = null;
    /** @var list<string> what was asked, of Discuz's own tables */
    public static array $statements = [];

    public static function object(): FakeDriver
    {
        return self::$driver ??= new FakeDriver();
    }

    public static function table(string $name): string
    {
        return "pre_$name";
    }

    public static function quote(mixed $value): string
    {
        return "'" . self::object()->link[1]->real_escape_string((string) $value) . "'";
    }

    public static function format(string $sql, array $args): string
    {
        return preg_replace_callback('/%([tsdn])/', function (array $found) use (&$args): string {
            $value = array_shift($args);
            return match ($found[1]) {
                't' => self::table($value),
                's' => self::quote($value),
                'd' => (string) (int) $value,
                'n' => implode(',', array_map(self::quote(...), $value)),
            };
        }, $sql);
    }

    public static function query(string $sql, array $args = []): mysqli_result|bool
    {
        self::$statements[] = $sql = self::format($sql, $args);
        $plain = preg_replace("/'(?:[^'\\\\]|\\\\.)*'/", '', $sql);
        if (preg_match('/union|\(\s*select|--|#|\/\*/i', $plain) === 1) {
            throw new Exception("It is not safe to do this query: $sql");
        }
        $result = self::object()->link[1]->query($sql);
        return $result === false ? throw new Exception(self::object()->link[1]->error . " in $sql") : $result;
    }

    public static function fetch_all(string $sql, array $args = []): array
    {
        return self::query($sql, $args)->fetch_all(MYSQLI_ASSOC);
    }

    public static function fetch_first(string $sql, array $args = []): array
    {
        return self::fetch_all($sql, $args)[0] ?? [];
    }

    public static function result_first(string $sql, array $args = []): mixed
    {
        return array_values(self::fetch_first($sql, $args))[0] ?? null;
    }
}

class_alias('discuz_database', 'DB');

final class FakeDriver
{
    /** @var array<int, mysqli> */
    public array $link = [];
    public bool $slaveexcept = false;

    public function __construct()
    {
        mysqli_report(MYSQLI_REPORT_OFF);
        $this->link[1] = new mysqli();
        $socket = (string) getenv('DATABASE_SOCKET');
        $this->link[1]->real_connect('localhost', (string) getenv('DATABASE_USER'), '', 'nextim', 0, $socket);
        $this->link[1]->set_charset('utf8mb4');
        $this->link[1]->query("SET sql_mode = '', character_set_client = binary");
    }
}

final class C
{
    public static function t(string $table): FakeTable
    {
        return new FakeTable($table);
    }

    public static function app(): FakeApplication
    {
        // As in Discuz, no variable of the script lives longer.
        foreach (array_keys($GLOBALS) as $name) {
            if (!in_array($name, ['_GET', '_POST', '_COOKIE', '_SERVER', '_ENV', '_FILES', '_REQUEST'], true)) {
                unset($GLOBALS[$name]);
            }
        }
        return new FakeApplication();
    }
}

final class FakeApplication
{
    public bool $init_session = true;
    public bool $init_user = true;
    public bool $init_mobile = true;
    public bool $init_cron = true;
    public bool $init_misc = true;

    public function init(): void
    {
        global $_G;
        $_G = fresh_globals();
        ob_start();
        header('Content-Type: text/html; charset=utf-8');
        setcookie('pre_saltkey', 'salt');
        $unwanted = array_keys(array_filter(get_object_vars($this)));
        if ($unwanted !== [] || !defined('DISABLEXSSCHECK')) {
            exit('a page of Discuz: ' . implode(' ', $unwanted));
        }
        foreach (['nextim'] as $name) {
            $_G['setting'][$name] = C::t('common_setting')->fetch_setting($name);
        }
        foreach ($_COOKIE as $name => $value) {
            $_G['cookie'][preg_replace('/^pre_/', '', $name)] = $value;
        }
    }
}

final class FakeTable
{
    public function __construct(private readonly string $table)
    {
    }

    public function fetch_setting(string $name): mixed
    {
        return DB::result_first('SELECT svalue FROM %t WHERE skey = %s', [$this->table, $name]);
    }

    public function update_setting(string $name, string $value): void
    {
        DB::query('REPLACE INTO %t (skey, svalue) VALUES (%s, %s)', [$this->table, $name, $value]);
    }

    public function insert(array $row, bool $returnsId = false, bool $replaces = false): void
    {
        $columns = implode(', ', array_keys($row));
        $values = implode(', ', array_map(DB::quote(...), $row));
        $verb = $replaces ? 'REPLACE' : 'INSERT';
        DB::query("$verb INTO %t ($columns) VALUES ($values)", [$this->table]);
    }

    public function update(int $uid, array $row): void
    {
        foreach ($row as $column => $value) {
            DB::query("UPDATE %t SET $column = %s WHERE uid = %d", [$this->table, $value, $uid]);
        }
    }

    public function delete_by_uid_buid(int $uid, int $other): void
    {
        DB::query('DELETE FROM %t WHERE uid = %d AND buid = %d', [$this->table, $uid, $other]);
    }

    public function count_by_uid_buid(int $uid): int
    {
        return (int) DB::result_first('SELECT COUNT(*) FROM %t WHERE uid = %d', [$this->table, $uid]);
    }

    public function fetch_uid_by_username(string $name): mixed
    {
        return DB::result_first('SELECT uid FROM %t WHERE username = %s', [$this->table, $name]) ?? 0;
    }

    public function range(): array
    {
        return DB::fetch_all('SELECT * FROM %t ORDER BY 1', [$this->table]);
    }
}

final class discuz_censor
{
    /** @var list<string> */
    public array $words_found = [];
    private string $result = '';

    public static function &instance(): self
    {
        static $censor = null;
        $censor ??= new self();
        return $censor;
    }

    public function check(string &$text): void
    {
        $this->words_found = [];
        $this->result = '';
        foreach (['forbidden' => 'banned', 'doubtful' => 'mod'] as $word => $result) {
            if (str_contains($text, $word)) {
                $this->words_found = [$word];
                $this->result = $result;
            }
        }
        $text = str_replace('darn', '***', $text);
    }

    public function modbanned(): bool
    {
        return $this->result === 'banned';
    }

    public function modmoderated(): bool
    {
        return $this->result === 'mod';
    }
}

final class ip
{
    public static function checkbanned(string $ip): bool
    {
        return $ip === '192.0.2.66';
    }
}

/** @return array<string, mixed> */
function fresh_globals(): array
{
    return ['uid' => 0, 'clientip' => '192.0.2.1', 'formhash' => 'f0f0f0f0', 'inajax' => 0, 'basescript' => 'forum',
        'siteurl' => 'http://forum.example/bbs/', 'cookie' => [], 'fid' => 0, 'forum' => [], 'test' => [],
        'config' => ['cookie' => ['cookiepath' => '/bbs/']], 'setting' => ['bbname' => 'The Forum', 'bbclosed' => '0',
            'attachurl' => 'data/attachment/', 'nextim' => null, 'plugins' => ['available' => ['nextim']]]];
}

function getglobal(string $key, ?string $group = null): mixed
{
    global $_G;
    $value = $_G;
    foreach (explode('/', $group === null ? $key : "$group/$key") as $part) {
        if (!isset($value[$part])) {
            return null;
        }
        $value = $value[$part];
    }
    return $value;
}

/** The same as in Discuz, without its cipher. */
function authcode(string $text, string $operation): string
{
    return $operation === 'DECODE' ? (string) base64_decode($text, true) : base64_encode($text);
}

/** The words of the plugin's English file; a name that it has not is returned with the plugin's. */
function lang(string $file, string $name, array $values = []): string
{
    static $words = null;
    if ($file === 'friend') {
        return "$name of Discuz";
    }
    $words ??= words_of((string) getenv('PLUGIN_ROOT') . '/discuz_plugin_nextim.xml');
    $pairs = array_combine(array_map(fn(string $key): string => '{' . $key . '}', array_keys($values)), $values);
    return strtr($words[$name] ?? "nextim:$name", $pairs);
}

/** @return array<string, string> */
function words_of(string $file): array
{
    $words = [];
    $xml = simplexml_load_string(str_replace('ISO-8859-1', 'UTF-8', (string) file_get_contents($file)));
    foreach ($xml->xpath('//item[@id="scriptlang"]/item') as $item) {
        $words[(string) $item['id']] = (string) $item;
    }
    return $words;
}

function libfile(string $name): string
{
    return __DIR__ . '/empty.php';
}

function updatecache(string $name): void
{
    global $_G;
    $_G['test']['caches'][] = $name;
}

function writelog(string $file, string $text): void
{
    global $_G;
    $_G['test']['log'][] = "$file: $text";
}

function dunserialize(string $text): mixed
{
    return @unserialize($text);
}

function dgmdate(int $time, string $format): string
{
    return gmdate('Y-m-d', $time);
}

function dhtmlspecialchars(string $text): string
{
    return htmlspecialchars($text, ENT_QUOTES, 'UTF-8');
}

function avatar(int $uid, string $size, int $returnsUrl): string
{
    return $uid === 4 ? "uc_server/avatar.php?uid=$uid&size=$size" : "https://uc.example/$uid/$size.jpg";
}

function submitcheck(string $name): bool
{
    if (!isset($_GET[$name])) {
        return false;
    }
    $isRight = ($_GET['formhash'] ?? '') === getglobal('formhash') && $_SERVER['REQUEST_METHOD'] === 'POST';
    return $isRight ? true : throw new DiscuzEnds('submit_invalid');
}

function cpmsg(string $message, string $url = '', string $type = ''): never
{
    throw new DiscuzEnds("$type: $message");
}

function showformheader(string $action): void
{
    echo '<form action="', dhtmlspecialchars($action), '"><input name="formhash" value="', getglobal('formhash'), '">';
}

function showformfooter(): void
{
    echo '</form>';
}

function showtableheader(string $title = ''): void
{
    echo "<table><tr><th>$title</th></tr>";
}

function showtablefooter(): void
{
    echo '</table>';
}

function showtablerow(string $style, array $styles, array $cells): void
{
    echo '<tr><td>', implode('</td><td>', $cells), '</td></tr>';
}

function showsetting(
    string $title,
    string $name,
    string $value,
    string $kind,
    string $disabled = '',
    int $hidden = 0,
    string $comment = '',
    string $extra = '',
): void {
    $field = $name === '' ? $kind : "<input name=\"$name\" type=\"$kind\" value=\"" . dhtmlspecialchars($value) . "\" $extra>";
    echo "<tr><td>$title: $field $comment</td></tr>";
}

function showsubmit(string $name, string $value, string $before = '', string $after = ''): void
{
    echo "<tr><td><input type=\"submit\" name=\"$name\" value=\"$value\"> $after</td></tr>";
}
