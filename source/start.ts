import { enableCompileCache } from 'node:module';
import path from 'node:path';

// Compiling the program takes longer than anything else before its first screen. From the second start on it is read from a
// folder of the user's own; never from a shared one, where somebody else could put it.
const { XDG_CACHE_HOME, HOME } = process.env;
const caches = XDG_CACHE_HOME || (HOME && path.join(HOME, '.cache'));
if (caches) enableCompileCache(path.join(caches, 'landfall'));

// Built beside this file from main.ts.
const program = './program.mjs';
await import(program);
