import type { Messages } from './en.ts';

/** What is said of a failure: what it is, what exactly was seen where the first is of another language, and what to do. */
export type Explanation = { readonly message: string; readonly detail?: string; readonly fix?: string };

/** A failure in the words of a language; the program's own English where that language has none for its code. */
export function explain(
  failure: { readonly code: string; readonly message: string; readonly fix?: string },
  messages: Messages,
): Explanation {
  const known = messages.errors[failure.code];
  if (known === undefined) {
    return { message: failure.message, ...(failure.fix === undefined ? {} : { fix: failure.fix }) };
  }
  const { meaning, fix } = known;
  return { message: meaning, detail: failure.message, ...(fix === undefined ? {} : { fix }) };
}

/** The same as sentences, for where there are no screens. */
export function spoken(
  failure: { readonly code: string; readonly message: string; readonly fix?: string },
  messages: Messages,
): readonly string[] {
  const { message, detail, fix } = explain(failure, messages);
  return [message, detail, fix].filter((part) => part !== undefined);
}
