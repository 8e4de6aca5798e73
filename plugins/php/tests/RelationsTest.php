<?php

/*
 * How a host is asked for users and how one stands to them.
 *
 * Owns: which of its questions a host is asked. Must not: test an endpoint.
 */

declare(strict_types=1);

namespace NextIM\Site\Tests;

use NextIM\Site\Host;
use NextIM\Site\Person;
use NextIM\Site\Relations;
use NextIM\Site\RelationsHost;
use NextIM\Site\Wanted;
use PHPUnit\Framework\TestCase;

final class RelationsTest extends TestCase
{
    private Person $alice;
    private Person $bob;

    protected function setUp(): void
    {
        [$this->alice, $this->bob] = [new Person('alice', '1', 'Alice'), new Person('bob', '2', 'Bob', group: 'friend')];
    }

    public function testAHostThatAnswersAllAtOnceIsAskedOnce(): void
    {
        $host = $this->createMock(RelationsHost::class);
        $answer = new Relations([$this->bob], [$this->bob], []);
        $host->expects(self::once())->method('relations')->with($this->alice, ['bob'], [], Wanted::Those)->willReturn($answer);
        foreach (['people', 'contacts', 'apart'] as $question) {
            $host->expects(self::never())->method($question);
        }
        self::assertSame($answer, Relations::of($host, $this->alice, ['bob'], [], Wanted::Those));
    }

    /**
     * @dataProvider needs
     * @param list<string> $ids
     */
    public function testAnotherHostIsAskedForWhatIsNeeded(array $ids, Wanted $contacts, int $people, int $friends): void
    {
        $host = $this->createMock(Host::class);
        $host->expects(self::exactly($people))->method('people')->willReturn([$this->bob]);
        $host->expects(self::exactly($friends))->method('contacts')->willReturn([$this->bob]);
        $host->expects(self::once())->method('apart')->willReturn(['erin']);
        $found = Relations::of($host, $this->alice, $ids, [], $contacts);
        self::assertCount($people, $found->people);
        self::assertCount($friends, $found->contacts);
        self::assertSame(['erin'], $found->apart);
    }

    /** @return array<string, array{list<string>, Wanted, int, int}> */
    public static function needs(): array
    {
        return [
            'a message' => [['bob'], Wanted::Nobody, 1, 0],
            'buddies' => [['bob'], Wanted::Those, 1, 1],
            'online, without open chats' => [[], Wanted::All, 0, 1],
        ];
    }
}
