// How long a script may be.
//
// Owns: the number, for every lint that has it. Must not: know which scripts these are.

/** What a reader takes in at once; comments are not counted against it. */
export const MAX_LINES = ['error', { max: 400, skipBlankLines: true, skipComments: true }];
