/** What a person reads about a check. */
export type CheckText = {
  /** What is as it should be, when the check passes. */
  readonly title: string;
  /** Why it matters, in a sentence anybody understands. */
  readonly why: string;
  /** How to mend it by hand. */
  readonly mend: string;
};

export const text = (title: string, why: string, mend: string): CheckText => ({ title, why, mend });
