<?php

/*
 * What the tests in a WordPress share.
 *
 * Owns: the world of each test, and what the message server was told. Must not: test anything.
 */

declare(strict_types=1);

namespace NextIM\WordPress\Tests;

use NextIM\WordPress\Plugin;
use PHPUnit\Framework\TestCase;

abstract class SiteCase extends TestCase
{
    protected const ALICE = 2;
    protected const BOB = 3;
    protected const CAROL = 4;
    protected const DAVE = 5;
    protected const ADMIN = 8;

    /** @var array<string, mixed> */
    private array $options;
    /** @var list<string> the files that a test has made in the folder of the world */
    private array $files = [];

    protected function setUp(): void
    {
        $this->wp('reset');
        wp_cache_flush();
        $this->options = (array) $this->kept();
        $this->file('calls', '');
    }

    protected function tearDown(): void
    {
        $this->keep($this->options);
        array_map(unlink(...), array_filter(array_unique($this->files), is_file(...)));
    }

    protected function wp(string ...$command): string
    {
        $words = implode(' ', array_map(escapeshellarg(...), $command));
        exec(escapeshellarg(getenv('WORLD_DIR') . '/wp') . " $words 2>&1", $lines, $status);
        self::assertSame(0, $status, implode("\n", $lines));
        wp_cache_flush();
        return implode("\n", $lines);
    }

    /** Changes settings of the plugin for this test. @param array<string, mixed> $options */
    protected function set(array $options): void
    {
        $this->keep($options + (array) $this->kept());
    }

    private function kept(): mixed
    {
        return getenv('WORLD_SITES') === 'network' ? get_site_option('nextim') : get_option('nextim');
    }

    /** @param array<string, mixed> $options */
    private function keep(array $options): void
    {
        getenv('WORLD_SITES') === 'network' ? update_site_option('nextim', $options) : update_option('nextim', $options);
    }

    /** Makes a file that tells the web server or the message server of the tests what to do. */
    protected function file(string $name, string $text): void
    {
        $this->files[] = $file = getenv('WORLD_DIR') . "/$name";
        file_put_contents($file, $text);
    }

    protected function plugin(): Plugin
    {
        return new Plugin(WP_PLUGIN_DIR . '/nextim/nextim.php');
    }

    /** @return list<array<string, string>> the parameters of the calls of a path */
    protected function told(string $path): array
    {
        $calls = array_map(fn(string $line): array => (array) json_decode($line, true), $this->lines('calls'));
        $of = array_filter($calls, fn(array $call): bool => $call[0] === $path);
        return array_values(array_map(fn(array $call): array => $call[1], $of));
    }

    /** @return list<array<string, mixed>> what was noted of each request, after `file('notes', '')` */
    protected function notes(): array
    {
        return array_map(fn(string $line): array => (array) json_decode($line, true), $this->lines('notes'));
    }

    /** @return list<string> */
    private function lines(string $file): array
    {
        return file(getenv('WORLD_DIR') . "/$file", FILE_IGNORE_NEW_LINES | FILE_SKIP_EMPTY_LINES) ?: [];
    }

    /** @return list<string> the tables of the plugin */
    protected function tables(): array
    {
        global $wpdb;
        return $wpdb->get_col("SHOW TABLES LIKE '%nextim\\_messages'");
    }
}
