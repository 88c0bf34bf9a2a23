import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { freePort, StartedProcess } from './startedProcess.js';

const token = '0123456789abcdef0123456789abcdef01234567';

/** A region of an annotation or a prediction, as far as tests look at it. */
export interface Region {
  id: string;
  type: string;
  from_name: string;
  to_name: string;
  item_index?: number;
  score?: number;
  value: Record<string, unknown> & { x: number; y: number; width: number; height: number };
}

export interface Prediction {
  id: number;
  task: number;
  model_version: string;
  score: number;
  result: Region[];
}

/** What an answer of Label Studio's has; which fields, its documentation says. */
export type Fields = Record<string, unknown>;

/** The real Label Studio, with a data folder of its own, and its REST API. */
export class LabelStudio {
  readonly token = token;
  readonly address: string;
  readonly process: StartedProcess;

  private constructor(bin: string, folder: string, documentRoot: string, port: number) {
    this.address = `http://127.0.0.1:${port}`;
    const data = join(folder, 'data');
    const home = join(folder, 'home');
    for (const each of [data, home]) mkdirSync(each, { recursive: true });
    this.process = new StartedProcess(
      join(bin, 'label-studio'),
      [
        ...['start', '--no-browser', '--internal-host', '127.0.0.1', '--port', String(port)],
        ...['--data-dir', data, '--username', 'a@example.org', '--password', 'a secret of tests'],
        ...['--user-token', token, '--enable-legacy-api-token'],
      ],
      {
        HOME: home,
        XDG_DATA_HOME: home,
        COLLECT_ANALYTICS: 'false',
        ML_BLOCK_LOCAL_IP: 'false',
        SSRF_PROTECTION_ENABLED: 'false',
        LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED: 'true',
        LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT: documentRoot,
      },
    );
  }

  /**
   * Starts it at a free port, and waits until it answers.
   * @param folder for its data.
   * @param documentRoot of its local files.
   */
  static async start(bin: string, folder: string, documentRoot: string): Promise<LabelStudio> {
    const studio = new LabelStudio(bin, folder, documentRoot, await freePort());
    const answers = () =>
      fetch(`${studio.address}/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    // A new data folder takes it minutes on a slow machine.
    await studio.process.until(answers, 10 * 60_000);
    return studio;
  }

  /** Asks its API. @throws where the answer is an error. */
  async ask<T = Fields>(path: string, body?: object | FormData, method?: string): Promise<T> {
    const answer = await this.fetch(path, body, method);
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${answer.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  fetch(path: string, body?: object | FormData, method?: string): Promise<Response> {
    const isForm = body instanceof FormData;
    return fetch(this.address + path, {
      method: method ?? (body ? 'POST' : 'GET'),
      headers: {
        authorization: `Token ${token}`,
        ...(!isForm && { 'content-type': 'application/json' }),
      },
      body: isForm ? body : body && JSON.stringify(body),
    });
  }

  /** A new project. @param backend its ML backend's address, if it has one. @returns its number. */
  async project(label_config: string, backend?: string): Promise<number> {
    const { id } = await this.ask<{ id: number }>('/api/projects', { title: 'test', label_config });
    if (backend) await this.ask('/api/ml', { url: backend, project: id, is_interactive: true });
    return id;
  }

  /** Uploads pictures, each a task. */
  async upload(project: number, files: readonly string[]): Promise<void> {
    const form = new FormData();
    for (const file of files)
      form.append(basename(file), new Blob([readFileSync(file)]), basename(file));
    await this.ask(`/api/projects/${project}/import`, form);
  }

  async import(project: number, tasks: object[]): Promise<void> {
    await this.ask(`/api/projects/${project}/import`, tasks);
  }

  /** The tasks, as they were given. */
  async tasks(project: number): Promise<{ id: number; data: Record<string, string> }[]> {
    const { tasks } = await this.ask<{ tasks: { id: number; data: Record<string, string> }[] }>(
      `/api/tasks?project=${project}&page_size=1000&fields=all`,
    );
    return tasks.sort((a, b) => a.id - b.id);
  }

  /** "Retrieve predictions" for all tasks. @returns all that it has then, in the order of the tasks. */
  async predictions(project: number): Promise<Prediction[]> {
    await this.ask(`/api/dm/actions?id=retrieve_tasks_predictions&project=${project}`, {
      project,
      selectedItems: { all: true, excluded: [] },
    });
    const all = await this.ask<Prediction[]>(`/api/predictions?project=${project}`);
    return all.sort((a, b) => a.task - b.task);
  }
}
