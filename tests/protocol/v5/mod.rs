//! Version 5: the clients of 2013 to 2016, as their published sources call and read.
//!
//! Owns: the order of its files. Must not: test what versions agree in; the other modules do.
//!
//! | client | module |
//! |---|---|
//! | `webim-python` 5.8, `webim/client.py` | `python` |
//! | `webim-php` 5.4 and later, `src/WebIM/Client.php` | `php` |
//! | Java `webim.client-5.8`, `WebimClient` | `java` |
//! | `Webim.dll` 1.0 | `net` |
//! | the PHP library 5.0 of 2013, `class.webim_client.php` | `first` |
//! | the pages of `webim-js` 5.x | `pages`, `groups`, `socket` |
//! | hostile sites | `worlds` |

mod client;
mod first;
mod groups;
mod java;
mod net;
mod page;
mod pages;
mod php;
mod python;
mod socket;
mod worlds;
