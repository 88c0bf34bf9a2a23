import type { CommandModule } from 'yargs';
import { note } from './common.js';
import { type ModelArguments, modelOptions, startDetector } from './modelOptions.js';

interface ServeArguments extends ModelArguments {
  host: string;
  port: number;
}

/** `fgdet serve` */
export const command: CommandModule<object, ServeArguments> = {
  command: 'serve',
  describe: 'Serve a web page, an HTTP interface and the backends of Label Studio and CVAT',
  builder: (yargs) =>
    modelOptions(yargs)
      .option('host', {
        type: 'string',
        requiresArg: true,
        default: '127.0.0.1',
        describe: 'Address to listen at',
      })
      .option('port', { type: 'number', requiresArg: true, default: 8080, describe: 'Port' })
      .example('$0 serve', 'At http://127.0.0.1:8080'),
  handler: async (args) => {
    const { createServer } = await import('../server/server.js');
    const detector = await startDetector(args, []);
    const server = createServer({ detector, model: args.model ?? 'models/scenes', log: note });
    const address = await server.listen({ host: args.host, port: args.port });
    note(`Ready at ${address}`);
  },
};
