"""Events of the host's pages: what the message server is told, and when it is not."""

from nextim_site import Channel, Person

from .world import Case


class Events(Case):
    def test_a_log_out_ends_the_pages_of_that_log_in_only(self) -> None:
        mine = [self.ask("alice-1", "online")["connection"]["ticket"] for _ in range(2)]
        self.ask("alice-2", "online")
        self.im.calls.clear()
        self.handler.tell.logged_out("alice-1")
        self.assertEqual(sorted(params["ticket"] for _, params in self.im.calls), sorted(mine))
        self.im.calls.clear()
        self.handler.tell.logged_out("alice-1")
        self.assertEqual(self.im.calls, [])

    def test_other_ends_are_by_name(self) -> None:
        ticket = self.ask("alice", "online")["connection"]["ticket"]
        self.im.calls.clear()
        for event in (self.handler.tell.logged_out_everywhere, self.handler.tell.banned, self.handler.tell.erased):
            event("alice")
        self.assertEqual(self.im.calls, [("/presences/offline", {"name": "alice"})] * 3)
        self.refuse(403, "alice", "presence", ticket=ticket, show="away")

    def test_a_log_out_that_was_not_passed_on_comes_before_the_next_online(self) -> None:
        self.ask("alice", "online")
        self.im.down = "unreachable"
        self.handler.tell.logged_out("alice-1")
        self.im.down = ""
        self.im.calls.clear()
        self.ask("alice-2", "online")
        self.assertEqual(self.im.paths(), ["/presences/offline", "/presences/online"])
        self.ask("alice-2", "online")
        self.assertEqual(self.im.paths()[2:], ["/presences/online"])

    def test_after_a_failure_there_is_silence(self) -> None:
        self.im.down = "unreachable"
        for _ in range(3):
            self.handler.tell.apart("alice", "bob")
        self.assertEqual(len(self.im.calls), 1)
        self.im.down = ""
        self.clock.now += 5_000
        self.handler.tell.apart("alice", "bob")
        self.assertEqual(len(self.im.calls), 2)

    def test_rooms(self) -> None:
        self.handler.tell.entered("alice", "walkers", "Alice")
        self.handler.tell.left("alice", "walkers")
        self.assertEqual(self.im.paths(), ["/room/join", "/room/leave"])
        self.im.online_users = {"alice", "bob"}
        self.handler.tell.room_gone("walkers")
        self.assertEqual(self.im.paths()[2:], ["/room/members", "/room/leave", "/room/leave"])
        self.ask("alice", "leave", id="walkers")
        self.im.calls.clear()
        self.handler.tell.entered("alice", "walkers")
        self.assertEqual(self.im.calls, [], "the user does not want its messages")

    def test_texts_of_the_site(self) -> None:
        self.handler.tell.broadcast(Person("erin", "Erin"), "We close at 8")
        self.assertEqual(self.im.last("/messages")["type"], "broadcast")
        self.handler.tell.posted(Channel("channel:forum", "Forum"), "New post", "/t/1")
        pushed = self.im.last("/messages")
        self.assertEqual((pushed["to"], pushed["type"]), ("channel:forum", "multicast"))
        self.assertEqual(pushed["body"], "New post https://forum.example/t/1")

    def test_an_event_never_raises(self) -> None:
        self.db.run("ALTER TABLE {p}meta RENAME TO {p}lost")
        self.handler.tell.banned("alice")
        self.assertRegex(self.site.lines[-1], "ban was not passed on")
        self.db.run("ALTER TABLE {p}lost RENAME TO {p}meta")
