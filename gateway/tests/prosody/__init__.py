"""The gateway between a real Prosody and a real message server and community, with clients of slixmpp."""
