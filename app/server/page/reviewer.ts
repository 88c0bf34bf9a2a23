import { type BoxDragEvents, cursorAt, dragBox, drawBox } from './boxDrags.js';
import { lowerRight, moved, overlap, resized } from './boxes.js';
import type { Box, ReviewBox, ReviewList } from './contract.js';
import { byId } from './dom.js';
import type { EditedBox } from './editedBoxes.js';
import type { Drag } from './gestures.js';
import { pickLabel } from './labelPicker.js';
import type { Notices } from './notices.js';
import { PictureList } from './pictureList.js';
import type { OpenPicture, ReviewClient } from './reviewClient.js';
import { ReviewView } from './reviewView.js';
import type { Point } from './viewport.js';

/** Boxes of one label that overlap more (IoU) are of one thing. */
const sameThing = 0.5;

/** The part of the page where a person goes through pictures with boxes. */
export class Reviewer {
  readonly #client: ReviewClient;
  readonly #notices: Notices;
  readonly #pictures: PictureList;
  readonly #view: ReviewView;
  readonly #root = byId('review', HTMLElement);
  #labels: string[];
  #lastLabel: string | undefined;
  #open: OpenPicture | undefined;
  /** The picture that is being read. */
  #coming: number | undefined;
  #saving = false;
  #selected: number | undefined;
  #dragged: Box | undefined;
  #isDrawing = false;

  constructor(client: ReviewClient, { labels, format, pictures }: ReviewList, notices: Notices) {
    this.#client = client;
    this.#notices = notices;
    this.#labels = [...labels];
    byId('review-format', HTMLElement).textContent = format;
    this.#pictures = new PictureList(pictures, { open: (index) => void this.open(index) });
    this.#view = new ReviewView({
      select: (key) => this.select(key),
      setLabel: (label) => this.setLabel(label),
      grab: (point, reach, isTouch) => this.#grab(point, reach, isTouch),
      cursor: (point, reach) => cursorAt(this.#box?.box, point, reach),
    });
    window.addEventListener('beforeunload', (event) => {
      if (this.#open?.edits.isChanged) event.preventDefault();
    });
  }

  get labels(): readonly string[] {
    return this.#labels;
  }

  get hasSelection(): boolean {
    return this.#box !== undefined;
  }

  /** Opens the first picture, unless one is open. */
  async begin(): Promise<void> {
    const { first } = this.#pictures;
    if (!this.#open && first !== undefined) await this.open(first);
  }

  /** Saves what was changed, then shows another picture. */
  async open(index: number): Promise<void> {
    if (this.#open?.edits.isChanged && !(await this.#save())) return;
    const entry = this.#pictures.entry(index);
    if (!entry) return;
    this.#coming = index;
    this.#root.setAttribute('aria-busy', 'true');
    const isWanted = () => this.#coming === index;
    try {
      const open = await this.#client.open(entry);
      // Whoever goes through pictures fast sees the last one asked for.
      if (!isWanted()) return;
      this.#open = open;
    } catch (error) {
      if (isWanted()) this.#notices.error(error);
      return;
    } finally {
      if (isWanted()) {
        this.#coming = undefined;
        this.#root.setAttribute('aria-busy', 'false');
      }
    }
    this.#selected = undefined;
    this.#pictures.setCurrent(index);
    this.#isDrawing = false;
    this.#view.stage.show(this.#open.size, this.#open.image);
    this.#view.stage.fit();
    this.#draw();
    const { boxes } = this.#open.edits;
    const place = `${this.#pictures.placeOf(index)} of ${this.#pictures.count}`;
    byId('review-place', HTMLElement).textContent = place;
    byId('review-file', HTMLElement).textContent = entry.file;
    this.#notices.whisper(`${entry.file}, ${place}, ${boxes.length} boxes`);
    this.#view.focus();
    for (const step of [1, -1]) {
      const neighbour = this.#pictures.entry(this.#pictures.neighbour(index, step) ?? -1);
      if (neighbour) this.#client.prefetch(neighbour);
    }
  }

  go(step: 1 | -1): void {
    const from = this.#coming ?? this.#open?.index;
    const next = from === undefined ? undefined : this.#pictures.neighbour(from, step);
    if (next !== undefined) void this.open(next);
    else this.#notices.say(step > 0 ? 'That was the last picture.' : 'This is the first picture.');
  }

  /** All boxes are right: saves them, and shows the next picture that is not reviewed. */
  async acceptAll(): Promise<void> {
    const open = this.#editable;
    if (!open) return;
    open.edits.acceptAll();
    this.#draw();
    const { index } = open;
    if (!(await this.#save())) return;
    const next = this.#pictures.nextOpen(index);
    if (next === undefined) this.#notices.say('All pictures are reviewed.');
    else await this.open(next);
  }

  accept(): void {
    this.#edit(({ key }, { edits }) => edits.accept(key));
  }

  remove(): void {
    if (!this.#editable || !this.#box) return;
    const { boxes } = this.#editable.edits;
    const at = boxes.findIndex(({ key }) => key === this.#selected);
    this.#edit(({ key }, { edits }) => edits.remove(key));
    const next = this.#open?.edits.boxes[Math.min(at, boxes.length - 2)];
    this.select(next?.key, true);
  }

  move(dx: number, dy: number): void {
    this.#edit(({ key, box }, { size, edits }) =>
      edits.change(key, { box: moved(box, dx, dy, size) }),
    );
  }

  /** Moves the box's right and lower sides. */
  resize(dx: number, dy: number): void {
    this.#edit(({ key, box }, { size, edits }) =>
      edits.change(key, { box: resized(box, lowerRight, dx, dy, size) }),
    );
  }

  /** A box in the middle, for those who then move it with the keyboard. */
  async addInMiddle(): Promise<void> {
    if (!this.#editable) return;
    const { width, height } = this.#editable.size;
    const [x, y] = [Math.round(width * 0.375), Math.round(height * 0.375)];
    await this.#add({ xmin: x, ymin: y, xmax: width - x, ymax: height - y });
  }

  /** Looks for more like the chosen box in its picture, and proposes it. */
  async more(): Promise<void> {
    const [open, box] = [this.#editable, this.#box];
    if (!open || !box) return;
    this.#root.setAttribute('aria-busy', 'true');
    try {
      const found = await this.#client.more(open.index, box);
      const isNew = (one: ReviewBox) =>
        !open.edits.boxes.some(
          (other) => other.label === one.label && overlap(other.box, one.box) > sameThing,
        );
      const added = found.filter(isNew);
      if (added.length > 0) open.edits.addFound(added);
      const more = added.length === 1 ? '1 more' : `${added.length} more`;
      this.#notices.say(added.length > 0 ? `${more} like this` : 'Nothing more like this here');
    } catch (error) {
      this.#notices.error(error);
    } finally {
      if (this.#coming === undefined) this.#root.setAttribute('aria-busy', 'false');
      this.#draw();
    }
  }

  /** Takes over what the server has proposed anew; what a person has changed here stays. */
  async renew(): Promise<void> {
    const { labels, pictures } = await this.#client.list();
    for (const label of labels) if (!this.#labels.includes(label)) this.#labels.push(label);
    this.#client.renew();
    this.#pictures.pictures = pictures;
    const open = this.#open;
    if (open && !open.edits.isChanged && this.#coming === undefined) await this.open(open.index);
  }

  /** Whether the next drag draws a box, also by a finger and on another box. */
  setDrawing(on: boolean): void {
    this.#isDrawing = on;
    this.#draw();
  }

  get isDrawing(): boolean {
    return this.#isDrawing;
  }

  async relabel(): Promise<void> {
    const box = this.#box;
    const label = box && (await pickLabel(this.#labels, box.label));
    if (label) this.setLabel(label);
    if (box) this.#view.stage.focus(box.key);
  }

  setLabel(label: string): void {
    this.#know(label);
    this.#edit((box, { edits }) => {
      if (box.label !== label) edits.change(box.key, { label });
    });
  }

  undo(): void {
    this.#editable?.edits.undo();
    this.#draw();
  }

  redo(): void {
    this.#editable?.edits.redo();
    this.#draw();
  }

  selectNth(n: number): void {
    const box = this.#open?.edits.boxes[n];
    if (box) this.select(box.key, true);
  }

  /** @param focus also gives the box the focus. */
  select(key: number | undefined, focus = false): void {
    this.#selected = key;
    this.#draw();
    if (key === undefined) return;
    this.#view.reveal(key);
    if (focus) this.#view.stage.focus(key);
  }

  zoom(factor: number | undefined): void {
    if (factor) this.#view.stage.zoom(factor);
    else this.#view.stage.fit();
  }

  /** Nothing is changed any more of a picture that is being left. */
  get #editable(): OpenPicture | undefined {
    return this.#coming === undefined && !this.#saving ? this.#open : undefined;
  }

  get #box(): EditedBox | undefined {
    return this.#open?.edits.get(this.#selected);
  }

  async #save(): Promise<boolean> {
    if (!this.#open || this.#saving) return false;
    const { index, edits, file } = this.#open;
    this.#saving = true;
    this.#draw();
    try {
      await this.#client.save(index, edits);
    } catch (error) {
      this.#notices.error(error);
      return false;
    } finally {
      this.#saving = false;
      this.#draw();
    }
    this.#pictures.setReviewed(index, edits.boxes.length);
    this.#notices.say(`Saved ${file}`, 2500);
    return true;
  }

  #grab(from: Point, reach: number, isTouch: boolean): Drag | undefined {
    const open = this.#editable;
    if (!open) return undefined;
    const events = (dropped: (box: Box) => void): BoxDragEvents => ({
      dragging: (box) => {
        this.#dragged = box;
        this.#draw();
      },
      dropped,
    });
    const selected = this.#box;
    if (selected && !this.#isDrawing) {
      const change = events((box) => this.#edit(({ key }) => open.edits.change(key, { box })));
      const drag = dragBox(selected.box, from, reach, open.size, change);
      if (drag) return drag;
    }
    if (isTouch && !this.#isDrawing) return undefined;
    this.#selected = undefined;
    return drawBox(
      from,
      open.size,
      events((box) => void this.#add(box)),
    );
  }

  async #add(box: Box): Promise<void> {
    const open = this.#editable;
    if (!open) return;
    this.setDrawing(false);
    const label = this.#lastLabel ?? this.#labels[0] ?? (await pickLabel([], ''));
    if (!label) return;
    this.#know(label);
    this.select(open.edits.add(label, box), true);
  }

  /** New boxes get the label that was given last. */
  #know(label: string): void {
    this.#lastLabel = label;
    if (!this.#labels.includes(label)) this.#labels.push(label);
  }

  #edit(change: (box: EditedBox, open: OpenPicture) => void): void {
    const [box, open] = [this.#box, this.#editable];
    if (!box || !open) return;
    change(box, open);
    this.#draw();
  }

  #draw(): void {
    this.#view.draw({
      open: this.#open,
      labels: this.#labels,
      selected: this.#selected,
      dragged: this.#dragged,
      isDrawing: this.#isDrawing,
      isSaving: this.#saving,
    });
  }
}
