"""Parameters, styles, origins, and the object beside a message: all that needs no database."""

import json
import unittest

from nextim_site import Config, Contact, Me, Person, Request, tag, user_cookie
from nextim_site.http import Params, Refusal, to_json
from nextim_site.limits import IDS_MAX
from nextim_site.meta import checked
from nextim_site.origin import is_own, is_script_of
from nextim_site.params import clearable, listed, required, text
from nextim_site.style import allowed
from nextim_site.tickets import hashed, seal, unseal


class Parameters(unittest.TestCase):
    def test_a_missing_value_has_several_forms(self) -> None:
        params = Params(b"a=undefined&b=null&c=+&d=x", b"d=y&e=1,undefined,,1,+2+,null&_=17")
        self.assertEqual([text(params, name) for name in "abcdz"], ["", "", "", "x", ""])
        self.assertEqual(listed(params, "e"), ["1", "2"])
        self.assertEqual([clearable(params, name, 9) for name in "abcdz"], [None, None, "", "x", None])
        with self.assertRaises(Refusal):
            required(params, "b")

    def test_lists_are_bounded_and_hold_names_only(self) -> None:
        many = ",".join(str(n) for n in range(IDS_MAX + 1))
        self.assertEqual(len(listed(Params(f"ids={many}".encode()), "ids")), IDS_MAX)
        self.assertEqual(listed(Params(b"ids=a%00b,c%0ax,d," + b"e" * 257), "ids"), ["d"])

    def test_bad_utf_8_is_refused_by_name(self) -> None:
        params = Params(b"body=%ff&other=%ff")
        with self.assertRaisesRegex(Refusal, "bad parameter: body"):
            params.get("body")

    def test_json_can_stand_in_a_page(self) -> None:
        value = {"a": "</script>\u2028\u2029 عربي 🦊"}
        written = to_json(value)
        self.assertFalse(any(sign in written for sign in "<\u2028\u2029"))
        self.assertEqual(json.loads(written), value)


class Styles(unittest.TestCase):
    def test_only_these_declarations_pass(self) -> None:
        for style, expected in [
            ("", ""),
            ("color:#ff0000", "color:#ff0000;"),
            ("COLOR : Red ; font-weight:Bold;", "color:red;font-weight:bold;"),
            ("color:#0f0;color:rgb(1, 2,255)", "color:#0f0;color:rgb(1, 2,255);"),
            ("text-decoration:underline line-through", "text-decoration:underline line-through;"),
            ("font-size:14px;font-size:1.5em;font-weight:700", "font-size:14px;font-size:1.5em;font-weight:700;"),
            ("font-size:400px;font-size:-1px;font-size:px;font-size:1e1px;font-size:nanpx", ""),
            ("color:#12345;color:rgb(1,2);color:rgb(1,2,256);color:url(x);color:expression(alert(1))", ""),
            ("background:url(//evil);position:fixed;display:none", ""),
            ("color:red}body{display:none;color:red/**/;color:var(--x);color:\\72 ed", ""),
            ("font-weight:1000;font-weight:050;font-style:x;text-decoration:blink;text-decoration:", ""),
            ("color:red;" * 200, ""),
        ]:
            with self.subTest(style):
                self.assertEqual(allowed(style), expected)


class Metas(unittest.TestCase):
    def test_an_object_passes_as_it_is(self) -> None:
        for sent in ['{"a":[1,{"b":"</script>\u2028 עברית 🦊"}]}', "{}", '{"a":' * 15 + "{}" + "}" * 15]:
            self.assertEqual(checked(sent), sent)
        self.assertIsNone(checked(""))

    def test_what_parsers_read_in_different_ways_is_refused(self) -> None:
        for sent in [
            *("[]", "1", '"a"', "{", "nonsense", '{"a":1,"a":2}', '{"a":NaN}', '{"a":"\\u0000"}', '{"a":"\\ud800"}'),
            *('{"\\udc00":1}', '{"a":' * 16 + "{}" + "}" * 16, '{"a":"' + "x" * 4_096 + '"}', "[" * 5_000),
        ]:
            with self.subTest(sent[:20]), self.assertRaisesRegex(Refusal, "bad parameter: meta"):
                checked(sent)


class Nicks(unittest.TestCase):
    def test_a_nick_fits(self) -> None:
        for nick, expected in [
            ("Älice", "Älice"),
            ("a\0b", "ab"),
            ("x\ud800", "x"),
            ("x" + "ü" * 200, "x" + "ü" * 127),
        ]:
            for person in (Person("a", nick), Me("a", nick, session="s"), Contact("a", nick)):
                self.assertEqual(person.nick, expected)


class Origins(unittest.TestCase):
    def test_a_change_comes_from_an_own_page(self) -> None:
        own = ["https://Site.example", "http://localhost:8080"]
        for expected, headers in [
            (True, {"origin": "https://site.example"}),
            (True, {"origin": "https://site.example:443", "sec-fetch-site": "same-origin"}),
            (True, {"referer": "http://localhost:8080/page?x"}),
            (True, {"sec-fetch-site": "same-origin"}),
            (False, {}),
            (False, {"host": "site.example"}),
            (False, {"origin": "null", "referer": "https://site.example/"}),
            (False, {"origin": "http://site.example"}),
            (False, {"origin": "https://site.example.evil"}),
            (False, {"origin": "https://evil", "host": "evil"}),
            (False, {"origin": "https://site.example@evil"}),
            (False, {"origin": "https://evil", "referer": "https://site.example/"}),
            (False, {"origin": "https://site.example", "sec-fetch-site": "cross-site"}),
            (False, {"sec-fetch-site": "none"}),
            (False, {"referer": "ftp://site.example/"}),
        ]:
            with self.subTest(headers):
                self.assertEqual(is_own(Request("POST", "x", headers), own), expected)

    def test_only_scripts_of_allowed_origins_are_scripts(self) -> None:
        for expected, headers in [
            (True, {"referer": "http://www.example/page"}),
            (True, {"referer": "http://www.example", "sec-fetch-dest": "script"}),
            (False, {"referer": "http://www.example/page", "sec-fetch-dest": "empty"}),
            (False, {"referer": "http://www.example.evil/page"}),
            (False, {"origin": "http://www.example"}),
            (False, {}),
        ]:
            with self.subTest(headers):
                self.assertEqual(is_script_of(Request("GET", "x", headers), ["http://www.example"]), expected)


class Secrets(unittest.TestCase):
    def test_only_the_secret_of_its_log_in_opens_a_ticket(self) -> None:
        for ticket in ["t", "0123456789abcdef" * 2, "long" * 40]:
            sealed = seal("session", ticket)
            self.assertEqual(unseal("session", hashed(ticket), sealed), ticket)
            self.assertIsNone(unseal("another", hashed(ticket), sealed))
            self.assertNotIn(ticket, sealed)
        self.assertIsNone(unseal("session", hashed("t"), "no base64"))


class Tags(unittest.TestCase):
    def test_the_tag_is_escaped_and_names_nobody(self) -> None:
        config = Config("http://im", "d", public_url='https://im/"><script>', site="/?a=1&nextim={endpoint}")
        written = tag(config, "zh-CN")
        self.assertEqual(
            written,
            '<script src="https://im/&quot;&gt;&lt;script&gt;/webim.js" data-site="/?a=1&amp;nextim={endpoint}"'
            ' data-user-cookie="nextim_user" data-lang="zh-CN" defer></script>',
        )
        config = Config("http://im", "d", log_in_url="/login?a=1&next={page}")
        self.assertIn(' data-login="/login?a=1&amp;next={page}" ', tag(config))

    def test_the_cookie_is_as_long_lived_as_the_session(self) -> None:
        config = Config("http://im", "d", origins=["https://site"])
        self.assertEqual(
            user_cookie(config, Me("a b;ü", "A", expires_s=60)),
            "nextim_user=a%20b%3B%C3%BC; Path=/; SameSite=Lax; Max-Age=60; Secure",
        )
        self.assertIn("Max-Age=0", user_cookie(config, None))

    def test_the_key_of_the_environment_wins(self) -> None:
        from unittest.mock import patch

        config = Config("http://im", "d", "written")
        with patch.dict("os.environ", {"NEXTIM_APIKEY": "set"}):
            self.assertEqual(config.key(), "set")
        self.assertEqual(config.key(), "written")
        self.assertNotIn("written", repr(config))
