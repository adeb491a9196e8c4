import { type ReactNode, useEffect, useState } from 'react';
import { formatBytes, formatBytesOf, formatClock, roughDuration } from '../../../language/format.ts';
import { FormScreen } from '../components/form-screen.tsx';
import { type Area, bar, pairs } from '../components/layout.ts';
import { type Spans, span } from '../components/line.tsx';
import { type Action, ListScreen, type Place } from '../components/list-screen.tsx';
import { problemLines, problemMessage } from '../components/problem.ts';
import { useSpinner } from '../components/spinner.ts';
import { useMemory } from '../memory.tsx';
import type { ByteJob } from '../model/wizard-state.ts';
import type { BundleInfo } from '../services.ts';
import type { Tone } from '../theme.ts';
import { useView } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';

const lookAgainMilliseconds = 3000;

/** Which bundle shall be installed: found by itself, or by its path. */
export function BundleScreen(): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const { glyphs } = profile;
  const words = messages.bundle;
  const [typing, setTyping] = useState(false);
  const spinner = useSpinner(state.searchingBundles || state.byteJob !== undefined);
  const { bundles, byteJob } = state;
  useEffect(() => {
    const timer = setInterval(() => model.bundles.lookAgain(), lookAgainMilliseconds);
    return () => clearInterval(timer);
  }, [model]);
  const memory = useMemory();
  const found = (): void => {
    const place: Place = { zone: 'actions', row: '', action: 0 };
    memory.set('bundle/place', place);
    setTyping(false);
  };
  const usable = bundles.filter((bundle) => bundle.problem === undefined);
  const chosen = bundles.find((bundle) => bundle.directory === state.bundle) ?? usable[0];

  if (typing) {
    const problem = problemMessage(state.bundleProblem, view);
    return (
      <FormScreen
        id="bundle-path"
        title={words.pathTitle}
        step="bundle"
        why={words.pathWhy}
        fields={[
          {
            name: 'path',
            label: words.pathLabel,
            kind: 'text',
            initial: '',
            hint: words.pathHint,
            validate: (value) => (value.trim() === '' ? words.pathEmpty : undefined),
          },
        ]}
        submit={{
          label: words.continue,
          run: (values) => model.bundles.inspect((values['path'] ?? '').trim(), found),
        }}
        back={() => setTyping(false)}
        {...(problem === undefined ? {} : { message: problem })}
      />
    );
  }

  const place = (bundle: BundleInfo): string =>
    bundle.removable ? words.removable(bundle.medium ?? '').trim() : words.disk;
  const age = (bundle: BundleInfo): string =>
    bundle.built === undefined
      ? messages.words.unknown
      : messages.words.ago(roughDuration(Date.now() - Date.parse(bundle.built)));
  const next = (): void => {
    if (chosen === undefined) return;
    model.bundles.choose(chosen.directory);
    model.go('hosts');
    model.hosts.loadOffers();
  };
  const busy = byteJob === undefined ? {} : { unavailable: words.busy };
  const actions: readonly Action[] =
    byteJob === undefined
      ? [
          {
            id: 'continue',
            label: words.continue,
            ...(chosen === undefined || chosen.problem !== undefined ? { unavailable: words.chooseFirst } : {}),
            run: next,
          },
          ...(chosen === undefined
            ? []
            : [{ id: 'verify', label: words.verify, run: () => model.bundles.verify(chosen.directory) }]),
          ...(chosen?.removable === true
            ? [{ id: 'copy', label: words.copy, run: () => model.bundles.copy(chosen.directory) }]
            : []),
          { id: 'again', label: words.again, run: () => model.bundles.search() },
          { id: 'path', label: words.path, run: () => setTyping(true) },
        ]
      : [
          { id: 'continue', label: words.continue, ...busy, run: next },
          { id: 'stop', label: words.stopJob, run: () => model.bundles.stopJob() },
        ];

  const jobLine = (job: ByteJob, width: number): Spans => {
    const elapsed = (Date.now() - job.startedAt) / 1000;
    const rate = elapsed > 0.5 ? (job.done - job.from) / elapsed : 0;
    const share = job.total > 0 ? job.done / job.total : 0;
    const left = rate > 0 ? `   ${words.left(formatClock(((job.total - job.done) / rate) * 1000))}` : '';
    const speed = rate > 0 ? `   ${messages.progress.rate(formatBytes(rate))}` : '';
    const title = job.kind === 'verify' ? words.verifying : words.copying;
    return [
      span(`${spinner} ${title}  `, 'running'),
      ...bar(share, Math.max(6, Math.min(30, width - 62)), profile),
      span(` ${String(Math.floor(share * 100)).padStart(3)}%   `),
      span(`${formatBytesOf(job.done, job.total)}${speed}${left}`, 'dim'),
    ];
  };
  const detail = (row: number, area: Area): readonly Spans[] => {
    const bundle = bundles[row];
    if (bundle === undefined) return [];
    const verdict = state.verdicts[bundle.directory];
    const integrity =
      verdict === undefined ? words.notVerified : verdict.intact ? words.intact(verdict.blobs) : words.broken;
    const signature = verdict?.signature ?? bundle.signature;
    const tone: Tone = verdict === undefined ? 'dim' : verdict.intact ? 'good' : 'bad';
    const signatureTone: Tone = signature === 'valid' ? 'good' : signature === 'invalid' ? 'bad' : 'normal';
    const problem = bundle.problem ?? verdict?.problem;
    return [
      ...(problem === undefined ? [] : problemLines(problem, area.width, view)),
      ...pairs(
        [
          [words.folder, bundle.directory],
          [words.integrity, integrity, tone],
          [words.signature, words.signatures[signature], signatureTone],
          [words.content, bundle.applications.join(', ') || messages.review.none],
          [words.images, String(bundle.images)],
        ],
        area.width,
      ),
    ];
  };
  const message = problemMessage(state.bundleProblem, view);
  return (
    <ListScreen
      id="bundle"
      title={words.title}
      step="bundle"
      why={words.why}
      summary={(area) => {
        if (byteJob !== undefined) return [jobLine(byteJob, area.width)];
        if (state.searchingBundles) return [[span(`${spinner} ${words.searching}`, 'running')]];
        return bundles.length === 0 ? [] : [[span(words.found(bundles.length), 'dim')]];
      }}
      columns={[
        { title: words.version, width: 14 },
        { title: words.applications, width: 6, align: 'right' },
        { title: words.architectures, width: 13, optional: 2 },
        { title: words.size, width: 9, align: 'right' },
        { title: words.age, width: 14, optional: 1 },
        { title: words.place, width: 10, grow: 1 },
      ]}
      count={bundles.length}
      rowKey={(row) => bundles[row]?.directory ?? ''}
      cells={(row) => {
        const bundle = bundles[row];
        if (bundle === undefined) return [];
        const mark =
          bundle.problem === undefined ? (bundle === chosen ? `${glyphs.done} ` : '  ') : `${glyphs.failed} `;
        const tone: Tone = bundle.problem === undefined ? 'normal' : 'dim';
        return [
          [span(mark, bundle.problem === undefined ? 'good' : 'bad'), span(bundle.kubernetesVersion, tone)],
          [span(String(bundle.applications.length), tone)],
          [span(bundle.architectures.join(' '), tone)],
          [span(formatBytes(bundle.size), tone)],
          [span(age(bundle), tone)],
          [span(place(bundle), tone)],
        ];
      }}
      empty={state.searchingBundles ? [] : [words.empty]}
      detail={detail}
      actions={actions}
      open={{
        label: words.use,
        run: (row) => {
          const bundle = bundles[row];
          if (bundle === undefined || bundle.problem !== undefined) return;
          model.bundles.choose(bundle.directory);
          model.go('hosts');
          model.hosts.loadOffers();
        },
      }}
      toggle={{
        label: messages.commands.toggle,
        run: (row) => {
          const bundle = bundles[row];
          if (bundle !== undefined && bundle.problem === undefined) model.bundles.choose(bundle.directory);
        },
      }}
      commands={[
        {
          command: 'verify',
          run: (row) => {
            const bundle = row === undefined ? chosen : bundles[row];
            if (bundle !== undefined && byteJob === undefined) model.bundles.verify(bundle.directory);
          },
        },
        ...(bundles.some((bundle) => bundle.removable)
          ? [
              {
                command: 'copy' as const,
                run: (row: number | undefined) => {
                  const bundle = row === undefined ? chosen : bundles[row];
                  if (bundle?.removable === true && byteJob === undefined) model.bundles.copy(bundle.directory);
                },
              },
            ]
          : []),
      ]}
      back={() => model.back()}
      {...(message === undefined ? {} : { message })}
    />
  );
}
