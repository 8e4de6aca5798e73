<?php

/*
 * Tests of the archive.
 *
 * Owns: that phpBB's loader finds each class in it, and that the same sources give the same bytes. Must not: install
 * it.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use PHPUnit\Framework\TestCase;

final class PackTest extends TestCase
{
    private string $folder;

    protected function setUp(): void
    {
        $this->folder = sys_get_temp_dir() . '/nextim-pack-' . bin2hex(random_bytes(6));
    }

    protected function tearDown(): void
    {
        exec('rm -rf ' . escapeshellarg($this->folder));
    }

    private function pack(string $name): string
    {
        $made = escapeshellarg("$this->folder/$name");
        exec(escapeshellarg(dirname(__DIR__, 2) . '/pack') . " $made", $output, $status);
        self::assertSame(0, $status, implode("\n", $output));
        return "$this->folder/$name/nextim-phpbb.zip";
    }

    public function testTheSameSourcesGiveTheSameBytes(): void
    {
        self::assertFileEquals($this->pack('a'), $this->pack('b'));
    }

    /** PHP keeps what it has compiled until the time of the file is another one. */
    public function testAFileThatHasChangedHasAnotherTime(): void
    {
        $list = exec('python3 -c ' . escapeshellarg('import sys, zipfile; print(len({entry.date_time for entry in'
            . ' zipfile.ZipFile(sys.argv[1]).infolist()}))') . ' ' . escapeshellarg($this->pack('a')));
        self::assertGreaterThan(50, (int) $list);
    }

    public function testEachClassIsWherePhpbbsLoaderLooks(): void
    {
        exec('cd ' . escapeshellarg(dirname($this->pack('a'))) . ' && python3 -m zipfile -e nextim-phpbb.zip .');
        $root = "$this->folder/a/nextim/bar/";
        $classes = 0;
        foreach (new \RecursiveIteratorIterator(new \RecursiveDirectoryIterator($root)) as $file) {
            $text = $file->isFile() ? (string) file_get_contents((string) $file) : '';
            $pattern = '/^namespace (nextim[\w\\\\]*);.*^(?:abstract |final )?(?:class|interface) (\w+)/ms';
            if ($file->getExtension() === 'php' && preg_match($pattern, $text, $found) === 1) {
                $classes++;
                $expected = $root . substr(strtr("$found[1]\\$found[2]", '\\', '/'), strlen('nextim/bar/')) . '.php';
                self::assertSame($expected, (string) $file);
            }
            self::assertStringNotContainsString('NextIM\\Site', $text, (string) $file);
        }
        self::assertGreaterThan(50, $classes);
        foreach (['composer.json', 'license.txt', 'sql/1.mysql.sql', 'sql/1.pgsql.sql', 'sql/1.sqlite.sql'] as $name) {
            self::assertFileExists($root . $name);
        }
        self::assertDirectoryDoesNotExist($root . 'tests');
        self::assertFileDoesNotExist($root . 'phpcs.xml');
    }

    public function testEachPartOfTheContainerIsThere(): void
    {
        $services = (string) file_get_contents(dirname(__DIR__) . '/config/services.yml');
        preg_match_all('/class: (nextim\\\\bar\S+)\n(?:        arguments: \[(.*)\])?/', $services, $found, PREG_SET_ORDER);
        self::assertGreaterThan(10, count($found));
        foreach ($found as $part) {
            $needs = (new \ReflectionClass($part[1]))->getConstructor()?->getNumberOfParameters() ?? 0;
            $given = ($part[2] ?? '') === '' ? 0 : count(explode(', ', $part[2]));
            self::assertSame($needs, $given, $part[1]);
        }
    }
}
