// What is loaded with the first chat window.
//
// Owns: what the bar calls of it. Must not: hold code.

export { chatWindow } from './chat.js';
export { growInput } from './composer.js';
export { settleScroll } from './log.js';
