import { ensureImages } from './ensure.ts';

await ensureImages((line) => console.log(line));
