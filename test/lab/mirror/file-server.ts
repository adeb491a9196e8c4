/**
 * Serves a folder over HTTP until the process ends: GET and HEAD, one range a request. It runs in a process of its own, made
 * from the text of this function, so it uses nothing from outside.
 */
export function serveFiles(root: string, address: string, port: number): void {
  const http = process.getBuiltinModule('node:http');
  const fs = process.getBuiltinModule('node:fs');
  const path = process.getBuiltinModule('node:path');
  const server = http.createServer((request, response) => {
    const refuse = (status: number, headers: Record<string, string> = {}) =>
      response.writeHead(status, { 'content-length': 0, ...headers }).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, { allow: 'GET, HEAD' });
    let file: string;
    try {
      file = path.join(root, decodeURIComponent(new URL(request.url ?? '/', 'http://mirror').pathname));
    } catch {
      return refuse(400);
    }
    if (!file.startsWith(`${root}/`)) return refuse(404);
    fs.stat(file, (missing, stats) => {
      if (missing || !stats.isFile()) return refuse(404);
      const tag = `"${stats.size.toString(16)}-${Math.round(stats.mtimeMs).toString(16)}"`;
      const headers: Record<string, string> = {
        'accept-ranges': 'bytes',
        'content-type': 'application/octet-stream',
        'last-modified': stats.mtime.toUTCString(),
        etag: tag,
      };
      const range = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '');
      const condition = request.headers['if-range'];
      let start = 0;
      let end = stats.size - 1;
      const partial = range !== null && range[0] !== 'bytes=-' && (condition === undefined || condition === tag);
      if (partial) {
        if (range[1] === '') start = Math.max(0, stats.size - Number(range[2]));
        else {
          start = Number(range[1]);
          if (range[2] !== '') end = Math.min(end, Number(range[2]));
        }
        if (start > end || start >= stats.size) return refuse(416, { 'content-range': `bytes */${stats.size}` });
        headers['content-range'] = `bytes ${start}-${end}/${stats.size}`;
      }
      response.writeHead(partial ? 206 : 200, { ...headers, 'content-length': end - start + 1 });
      if (request.method === 'HEAD' || end < start) return response.end();
      const content = fs.createReadStream(file, { start, end, highWaterMark: 1 << 18 });
      content.on('error', () => response.destroy());
      response.on('close', () => content.destroy());
      return content.pipe(response);
    });
    return undefined;
  });
  server.listen(port, address);
}
