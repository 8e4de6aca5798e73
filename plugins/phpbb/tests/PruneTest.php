<?php

/*
 * Tests of the daily task.
 *
 * Owns: when it runs, and what it leaves to the kit. Must not: test what the kit removes.
 */

declare(strict_types=1);

namespace nextim\bar\tests;

use nextim\bar\cron\Prune;

final class PruneTest extends BoardCase
{
    private function add(string $from, int $time, int $count): void
    {
        $rows = implode(', ', array_fill(0, $count, "('unicast', '$from', '2', 'x', 'hello', $time)"));
        $this->db->file->exec("INSERT INTO phpbb_nextim_messages (type, \"from\", \"to\", nick, body, time) VALUES $rows");
    }

    public function testItRunsOnceADay(): void
    {
        $task = new Prune($this->plugin, $this->config);
        self::assertTrue($task->should_run());
        $task->run();
        self::assertFalse($task->should_run());
        $this->config['nextim_prune_last'] = time() - 86401;
        self::assertTrue($task->should_run());
    }

    public function testItRemovesOldMessagesIfTheBoardWantsIt(): void
    {
        $this->add(self::BOB, 1, 2500);
        $this->add(self::BOB, (int) (microtime(true) * 1000), 1);
        (new Prune($this->plugin, $this->config))->run();
        self::assertSame(2501, $this->db->value('SELECT COUNT(*) FROM phpbb_nextim_messages'), '0 days: none goes');
        $this->config['nextim_days'] = '30';
        (new Prune($this->plugin, $this->config))->run();
        self::assertSame(1, $this->db->value('SELECT COUNT(*) FROM phpbb_nextim_messages'));
    }

    public function testItErasesWhatIsLeftOfDeletedUsers(): void
    {
        $this->add(self::BOB, 1, 1500);
        $task = new Prune($this->plugin, $this->config);
        $task->run();
        $this->plugin->erase(self::BOB);
        self::assertSame(500, $this->db->value("SELECT COUNT(*) FROM phpbb_nextim_messages WHERE body = 'hello'"));
        self::assertTrue($task->should_run(), 'although it has run today');
        $task->run();
        self::assertSame(0, $this->db->value("SELECT COUNT(*) FROM phpbb_nextim_messages WHERE body = 'hello'"));
        self::assertSame([], $this->plugin->erasures());
        self::assertFalse($task->should_run());
    }
}
