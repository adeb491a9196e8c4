import { type ReactNode, useState } from 'react';
import { formatBytes, formatBytesOf } from '../../../language/format.ts';
import { type Field, FormScreen, type FormValues } from '../components/form-screen.tsx';
import { type Area, bar, blank, pairs, paragraph } from '../components/layout.ts';
import { type Spans, span } from '../components/line.tsx';
import { ListScreen } from '../components/list-screen.tsx';
import { problemMessage } from '../components/problem.ts';
import { useSpinner } from '../components/spinner.ts';
import { capacityOf, includedHosts, sumOfNeeds } from '../model/wizard-state.ts';
import type { CatalogueEntry, DraftApplication, ParameterSpec, ParameterValue } from '../services.ts';
import { useView, type View } from '../view.tsx';
import { useWizard } from '../wizard-context.tsx';

/** The values an application gets when nobody changes them. */
function standardParameters(entry: CatalogueEntry): Readonly<Record<string, ParameterValue>> {
  return Object.fromEntries(
    entry.parameters.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value] as const])),
  );
}

function judge(parameter: ParameterSpec, value: string, view: View): string | undefined {
  const words = view.messages.applications;
  if (parameter.kind === 'number') {
    const { minimum, maximum } = parameter;
    const number = Number(value);
    const fits =
      value !== '' && Number.isFinite(number) && number >= (minimum ?? -Infinity) && number <= (maximum ?? Infinity);
    return fits ? undefined : words.number(minimum, maximum);
  }
  if (parameter.kind === 'size') return /^\d+(\.\d+)?(Ki|Mi|Gi|Ti)$/.test(value) ? undefined : words.size;
  if (value === '' && parameter.value !== undefined && parameter.value !== '') return words.required;
  if (parameter.pattern !== undefined && value !== '' && !new RegExp(parameter.pattern).test(value))
    return words.pattern;
  return undefined;
}

function SettingsForm(props: {
  readonly entry: CatalogueEntry;
  readonly application: DraftApplication;
  readonly save: (parameters: Readonly<Record<string, ParameterValue>>) => void;
  readonly close: () => void;
}): ReactNode {
  const view = useView();
  const words = view.messages.applications;
  const typed = props.entry.parameters.filter((parameter) => parameter.kind !== 'password');
  const random = props.entry.parameters.filter((parameter) => parameter.kind === 'password');
  const fields = typed.map(
    (parameter): Field => ({
      name: parameter.name,
      label: parameter.title,
      kind:
        parameter.kind === 'switch'
          ? 'switch'
          : parameter.kind === 'choice'
            ? 'choice'
            : parameter.kind === 'number'
              ? 'number'
              : 'text',
      ...(parameter.choices === undefined
        ? {}
        : { choices: parameter.choices.map((value) => ({ value, label: value })) }),
      initial: String(props.application.parameters[parameter.name] ?? parameter.value ?? ''),
      ...(parameter.description === undefined ? {} : { hint: parameter.description }),
      validate: (value) => judge(parameter, value, view),
    }),
  );
  const submit = (values: FormValues): void => {
    const entries = typed.flatMap((parameter): readonly (readonly [string, ParameterValue])[] => {
      const value = values[parameter.name] ?? '';
      if (parameter.kind === 'number') return [[parameter.name, Number(value)]];
      if (parameter.kind === 'switch') return [[parameter.name, value === 'true']];
      return value === '' ? [] : [[parameter.name, value]];
    });
    props.save(Object.fromEntries(entries));
  };
  return (
    <FormScreen
      id={`application-${props.entry.package}`}
      title={props.entry.title}
      step="applications"
      why={words.settingsWhy(props.entry.title)}
      fields={fields}
      submit={{ label: words.save, run: submit }}
      back={props.close}
      notes={(_, width) =>
        pairs(
          random.map(({ title }) => [title, words.random] as const),
          width,
        )
      }
    />
  );
}

/** Tenths of a processor; what needs less than one still needs some. */
function processorsText(processors: number): string {
  return processors > 0 && processors < 0.1 ? '0.1' : processors.toFixed(1);
}

/** What shall run on the cluster, and whether the hosts have room for it. */
export function ApplicationsScreen(): ReactNode {
  const { model, state } = useWizard();
  const view = useView();
  const { messages, profile } = view;
  const { glyphs } = profile;
  const words = messages.applications;
  const [settings, setSettings] = useState<string>();
  const loading = state.catalogue === undefined;
  const spinner = useSpinner(loading);
  const entries = state.catalogue ?? [];
  const nodes = includedHosts(state).length;
  const chosen = (name: string): DraftApplication | undefined =>
    state.applications.find((application) => application.package === name);
  const put = (application: DraftApplication): void => {
    const others = state.applications.filter((other) => other.package !== application.package);
    model.change({ applications: [...others, application] });
  };
  const toggle = (row: number): void => {
    const entry = entries[row];
    if (entry === undefined) return;
    if (chosen(entry.package) === undefined) put({ package: entry.package, parameters: standardParameters(entry) });
    else model.change({ applications: state.applications.filter((other) => other.package !== entry.package) });
  };

  const edited = entries.find((entry) => entry.package === settings);
  if (edited !== undefined) {
    return (
      <SettingsForm
        entry={edited}
        application={chosen(edited.package) ?? { package: edited.package, parameters: standardParameters(edited) }}
        save={(parameters) => {
          put({ package: edited.package, parameters });
          setSettings(undefined);
        }}
        close={() => setSettings(undefined)}
      />
    );
  }

  const sum = sumOfNeeds(state);
  const capacity = capacityOf(state);
  const known = capacity.memory > 0;
  const over = [
    ...(sum.processors > capacity.processors ? [words.processors] : []),
    ...(sum.memory > capacity.memory ? [words.memory] : []),
    ...(sum.disk > capacity.disk ? [words.disk] : []),
  ];
  const gauge = (title: string, part: number, whole: number, text: string, cells: number): Spans => [
    span(`${title} `, 'dim'),
    ...bar(whole > 0 ? part / whole : 0, cells, profile, part > whole ? 'bad' : 'accent'),
    span(` ${text}   `, part > whole ? 'bad' : 'normal'),
  ];
  const summary = (area: Area): readonly Spans[] => {
    if (loading) return [[span(`${spinner} ${words.loading}`, 'running')]];
    if (entries.length === 0) return [];
    const title: Spans = [span(words.selected(state.applications.length), 'title'), span(`, ${words.sum}`, 'dim')];
    if (!known) return [title];
    const cells = Math.max(4, Math.min(14, Math.floor((area.width - 40) / 3)));
    const one = gauge(
      words.processors,
      sum.processors,
      capacity.processors,
      `${sum.processors.toFixed(1)} / ${capacity.processors.toFixed(1)}`,
      cells,
    );
    const two = gauge(words.memory, sum.memory, capacity.memory, formatBytesOf(sum.memory, capacity.memory), cells);
    const three = gauge(words.disk, sum.disk, capacity.disk, formatBytesOf(sum.disk, capacity.disk), cells);
    return area.width >= 106 ? [title, [...one, ...two, ...three]] : [title, [...one, ...two], three];
  };
  const detail = (row: number, area: Area): readonly Spans[] => {
    const entry = entries[row];
    if (entry === undefined) return [];
    const application = chosen(entry.package);
    const parameters = application?.parameters ?? standardParameters(entry);
    const values = entry.parameters.map((parameter) => {
      const value = parameter.kind === 'password' ? words.random : String(parameters[parameter.name] ?? '');
      return [parameter.title, value] as const;
    });
    return [
      ...paragraph(entry.description, area.width),
      ...(area.height > 8 ? [blank] : []),
      ...pairs(values, area.width),
    ];
  };
  const warning =
    over.length > 0 && known ? span(`${glyphs.warning} ${words.over(over.join(', '))}`, 'warning') : undefined;
  const message = problemMessage(state.catalogueProblem, view) ?? warning;
  return (
    <ListScreen
      id="applications"
      title={words.title}
      step="applications"
      why={words.why}
      summary={summary}
      columns={[
        { title: '', width: 3 },
        { title: words.name, width: 11, grow: 1 },
        { title: '', width: 14, grow: 2, optional: 3 },
        { title: words.version, width: 7, optional: 1 },
        { title: words.processors, width: 5, align: 'right' },
        { title: words.memory, width: 8, align: 'right' },
        { title: words.disk, width: 8, align: 'right', optional: 2 },
      ]}
      count={entries.length}
      rowKey={(row) => entries[row]?.package ?? ''}
      cells={(row) => {
        const entry = entries[row];
        if (entry === undefined) return [];
        const application = chosen(entry.package);
        const needs = entry.needs(nodes, application?.parameters ?? standardParameters(entry));
        const on = application !== undefined;
        return [
          [span(on ? glyphs.checked : glyphs.unchecked, on ? 'accent' : 'dim')],
          [span(entry.title)],
          [span(entry.summary, 'dim')],
          [span(entry.version, 'dim')],
          [span(processorsText(needs.processors))],
          [span(formatBytes(needs.memory))],
          [span(formatBytes(needs.disk))],
        ];
      }}
      search={(row) => {
        const entry = entries[row];
        return `${entry?.title} ${entry?.package} ${entry?.category} ${entry?.summary}`;
      }}
      empty={loading ? [] : [words.empty]}
      detail={detail}
      actions={[
        {
          id: 'continue',
          label: state.applications.length === 0 ? words.without : words.continue,
          ...(loading ? { unavailable: words.loading } : {}),
          run: () => {
            model.go('review');
            model.runs.preview();
          },
        },
      ]}
      toggle={{ label: words.select, run: toggle }}
      open={{ label: words.settings, run: (row) => setSettings(entries[row]?.package) }}
      back={() => model.back()}
      {...(message === undefined ? {} : { message })}
    />
  );
}
