/** Why a text is no well-formed XML of elements, attributes and text; empty when it is. */
export function xmlProblem(xml: string): string {
  const open: string[] = [];
  let rest = xml.replace(/^<\?xml[^>]*\?>\s*/, '');
  while (rest !== '') {
    const tag = /^<(\/?)([a-z-]+)((?:\s+[a-z]+="[^"<]*")*)\s*(\/?)>/.exec(rest);
    if (tag !== null) {
      const [whole, closing, name = '', , empty] = tag;
      if (closing === '/') {
        if (open.pop() !== name) return `</${name}> closes nothing`;
      } else if (empty !== '/') open.push(name);
      rest = rest.slice(whole.length);
      continue;
    }
    const text = /^[^<]+/.exec(rest)?.[0];
    if (text === undefined) return `no tag: ${rest.slice(0, 60)}`;
    if (/&(?!(amp|lt|gt|quot);)/.test(text)) return `a bare &: ${text.slice(0, 60)}`;
    rest = rest.slice(text.length);
  }
  return open.length === 0 ? '' : `left open: ${open.join(', ')}`;
}
