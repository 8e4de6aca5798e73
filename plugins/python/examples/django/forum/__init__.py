"""The example for Django. Owns: settings, addresses and the host. Must not: have anything that the kit has."""
