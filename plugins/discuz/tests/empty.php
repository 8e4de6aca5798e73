<?php

/* Owns: nothing. Must not: do anything: Discuz loads files of functions by name, and the tests have them all. */
