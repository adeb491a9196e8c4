import { createHash } from 'node:crypto';
import type { Chart } from './chart-archive.ts';
import { needsOf, type SelectedApplication } from './selection.ts';
import { parseSize } from './size.ts';

/** Values a chart is given. Sizes stand in `parameters` as written and in `bytes` as numbers. */
export type ChartValues = {
  readonly images: Readonly<Record<string, string>>;
  readonly replicas: number;
  readonly resources: { readonly requests: { readonly cpu: string; readonly memory: string } };
  readonly parameters: Readonly<Record<string, string | number | boolean>>;
  readonly bytes: Readonly<Record<string, number>>;
  readonly passwords: Readonly<Record<string, string>>;
};

/**
 * Values of an installation. `password` gives the kept password of a parameter, `exact` the name of an image with its digest
 * in the bundle.
 */
export function chartValues(
  application: SelectedApplication,
  nodeCount: number,
  password: (parameter: string) => string,
  exact: (image: string) => string = (image) => image,
): ChartValues {
  const { package: found, parameters } = application;
  const needs = needsOf(application, nodeCount);
  const ofType = (type: string) => found.parameters.filter((parameter) => parameter.type === type);
  return {
    images: Object.fromEntries(Object.entries(found.images).map(([use, image]) => [use, exact(image)] as const)),
    replicas: needs.replicas,
    resources: { requests: { cpu: `${needs.cpu}m`, memory: `${Math.ceil(needs.memory / 2 ** 20)}Mi` } },
    parameters,
    bytes: Object.fromEntries(
      ofType('size').map(({ name }) => [name, parseSize(String(parameters[name])) ?? 0] as const),
    ),
    passwords: Object.fromEntries(ofType('password').map(({ name }) => [name, password(name)] as const)),
  };
}

/**
 * Tells one state of chart and values from another. It is kept as a label of Helm's own record of the release, which holds
 * the values too, so it tells nobody more than he can read there anyway.
 */
export function valuesHash(chart: Chart, values: ChartValues): string {
  return createHash('sha256')
    .update(`${chart.digest}\n${JSON.stringify(values)}`)
    .digest('hex')
    .slice(0, 40);
}
