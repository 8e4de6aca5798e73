// What is loaded where links to users stand in the page.
//
// Owns: what the bar calls of it. Must not: hold code.

export { strangers as begin, showPresences } from './strangers.js';
