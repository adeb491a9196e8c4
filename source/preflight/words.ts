import type { CheckText } from '../language/checks/text.ts';
import { checksEn } from '../language/checks-en.ts';
import { checksZh } from '../language/checks-zh.ts';
import type { CheckId, Severity } from './check.ts';

export type CheckLanguage = 'en' | 'zh';

const texts: Readonly<Record<CheckLanguage, Readonly<Record<CheckId, CheckText>>>> = { en: checksEn, zh: checksZh };

/** Title, reason and remedy of a check. */
export function checkText(id: CheckId, language: CheckLanguage): CheckText {
  return texts[language][id];
}

type ReportWords = {
  readonly severity: Readonly<Record<Severity, string>>;
  readonly couldNotRun: string;
  readonly accepted: string;
  readonly seen: string;
  readonly needed: string;
  readonly why: string;
  readonly mend: string;
  readonly fixable: string;
  readonly setAsideHint: (id: string) => string;
  readonly acceptHint: (id: string) => string;
  readonly summary: (counts: {
    readonly passed: number;
    readonly blocks: number;
    readonly warns: number;
    readonly informs: number;
    readonly couldNotRun: number;
    readonly accepted: number;
    readonly seconds: string;
  }) => string;
};

const one = (count: number, singular: string, plural: string): string => `${count} ${count === 1 ? singular : plural}`;

export const reportWords: Readonly<Record<CheckLanguage, ReportWords>> = {
  en: {
    severity: { blocks: 'BLOCKS', warns: 'WARNS', informs: 'NOTE' },
    couldNotRun: 'COULD NOT RUN',
    accepted: 'accepted',
    seen: 'seen',
    needed: 'needed',
    why: 'why',
    mend: 'mend',
    fixable: 'landfall preflight --fix mends it',
    setAsideHint: (id) => `landfall preflight --set-aside ${id} stops it and puts it aside until a reset`,
    acceptHint: (id) => `accept it with --accept ${id}`,
    summary: (counts) =>
      `${one(counts.passed, 'check', 'checks')} passed, ${one(counts.blocks, 'finding blocks', 'findings block')}, ${one(counts.warns, 'warning', 'warnings')}, ${one(counts.informs, 'note', 'notes')}, ${counts.couldNotRun} could not run, ${counts.accepted} accepted (${counts.seconds} s)`,
  },
  zh: {
    severity: { blocks: '阻止', warns: '警告', informs: '提示' },
    couldNotRun: '无法检查',
    accepted: '已接受',
    seen: '现状',
    needed: '要求',
    why: '原因',
    mend: '处理',
    fixable: '可用 landfall preflight --fix 修复',
    setAsideHint: (id) => `可用 landfall preflight --set-aside ${id} 停止并搁置，重置时归还`,
    acceptHint: (id) => `可用 --accept ${id} 接受`,
    summary: (counts) =>
      `${counts.passed} 项通过，${counts.blocks} 项阻止，${counts.warns} 项警告，${counts.informs} 项提示，${counts.couldNotRun} 项无法检查，${counts.accepted} 项已接受（${counts.seconds} 秒）`,
  },
};
