import { connect } from 'node:net';

const answerCharsMax = 100_000;

/** Asks a ZooKeeper server one of its four-letter words (`srvr`, `ruok`, `mntr`, `cons`, ...). */
export function fourLetterWord(host: string, port: number, word: string, timeoutMs = 2_000): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port });
    let answer = '';
    const timer = setTimeout(() => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.end(word));
    socket.on('data', (text: string) => {
      answer += text;
      if (answer.length > answerCharsMax) socket.destroy(new Error('answer is too long'));
    });
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    socket.once('close', () => {
      clearTimeout(timer);
      resolve(answer);
    });
  });
}
