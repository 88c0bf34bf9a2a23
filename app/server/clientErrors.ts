import type { Socket } from 'node:net';
import { errorBody, Refusal } from './errors.js';

/** Answers what Node.js cannot read as HTTP: headers that are too large, a request that does not end. */
export function answerClientErrors(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [line, refusal] = readable(error.code);
  const body = JSON.stringify(errorBody(refusal));
  socket.end(
    `HTTP/1.1 ${line}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    // A client that does not read its answer shall not keep the connection.
    () => socket.destroySoon(),
  );
}

function readable(code: string | undefined): [string, Refusal] {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return [
        '431 Request Header Fields Too Large',
        new Refusal(431, "The request's headers are too large."),
      ];
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return ['408 Request Timeout', new Refusal(408, 'The request did not arrive in time.')];
    default:
      return ['400 Bad Request', new Refusal(400, 'The request is not HTTP.')];
  }
}
