// The maps of each stage, and the sum behind each of their cells.

import { byId } from "../shared/dom.js";
import { gettext, interpolate, ngettext } from "../shared/i18n.js";
import { HeatGrid } from "./grid.js";
import { heat } from "./heat.js";
import { number } from "./number.js";
import { strongestInput, sumOf } from "./sums.js";

/** @typedef {import("../recognizer/weights.js").NetworkFile} NetworkFile */
/** @typedef {import("../recognizer/weights.js").Layer} Layer */
/** @typedef {import("../recognizer/layers.js").Tensor} Tensor */

/**
 * @typedef {object} Stage
 * @property {Layer} layer
 * @property {Tensor} input
 * @property {Tensor} output
 * @property {boolean} isFirst whether it looks at the pixels
 */

const SIDE = 28;
const INK = 255;

/**
 * @param {NetworkFile} network
 * @param {Tensor[]} tensors what each layer made
 * @param {Uint8Array} pixels
 * @returns {Stage[]} its convolutions
 */
export function stagesOf(network, tensors, pixels) {
  const made = new Map(network.layers.map((layer, i) => [layer.output, tensors[i]]));
  made.set(network.input, { shape: [1, SIDE, SIDE], values: Float64Array.from(pixels) });
  return network.layers
    .filter(({ type }) => type === "conv2d")
    .map((layer) => ({
      layer,
      input: made.get(layer.inputs[0]),
      output: made.get(layer.output),
      isFirst: layer.inputs[0] === network.input,
    }));
}

const largest = (values) => values.reduce((a, b) => Math.max(a, b), 0);

function fill(select, texts) {
  select.replaceChildren(...texts.map((text, i) => new Option(text, i)));
}

/** Columns of tiles, so that all maps together are twice as wide as high. */
const columnsFor = (maps) => Math.ceil(Math.sqrt(2 * maps));

/** The chapter about the maps. */
export class Maps {
  #stages;
  #grid = new HeatGrid(byId("cells"), (cell) => this.#chooseCell(cell));
  #chosen = { stage: 0, map: 0, cell: 0, from: 0 };

  /** @param {Stage[]} stages */
  constructor(stages) {
    this.#stages = stages;
    fill(byId("stage"), stages.map(({ layer: { shape: [maps, height, width] } }, i) => {
      const size = { number: i + 1, stages: stages.length, maps, height, width };
      return interpolate(gettext("%(number)s of %(stages)s: %(maps)s maps, %(height)s × %(width)s"), size);
    }));
    byId("stage").addEventListener("change", ({ target }) => this.#chooseStage(Number(target.value)));
    byId("map").addEventListener("change", ({ target }) => this.#chooseMap(Number(target.value)));
    byId("from").addEventListener("change", ({ target }) => this.#chooseInput(Number(target.value)));
    byId("tiles").addEventListener("click", (event) => this.#chooseTile(event));
    this.#chooseStage(0);
  }

  get #stage() {
    return this.#stages[this.#chosen.stage];
  }

  #mapValues(map) {
    const { shape, values } = this.#stage.output;
    const area = shape[1] * shape[2];
    return values.subarray(map * area, (map + 1) * area);
  }

  #chooseStage(index) {
    this.#chosen.stage = index;
    const { input, output, isFirst } = this.#stage;
    const maps = Array.from({ length: output.shape[0] }, (_, map) => map);
    fill(byId("map"), maps.map((map) => interpolate(gettext("%(number)s of %(count)s"), { number: map + 1, count: maps.length })));
    const mapBefore = (number) => interpolate(gettext("Map %(number)s of the stage before"), { number });
    const inputs = Array.from({ length: input.shape[0] }, (_, from) => mapBefore(from + 1));
    fill(byId("from"), isFirst ? [gettext("The 28 by 28 pixels")] : inputs);
    byId("stage").value = index;
    const brightest = maps.map((map) => largest(this.#mapValues(map)));
    this.#chooseMap(brightest.indexOf(largest(brightest)));
  }

  #chooseMap(map) {
    this.#chosen.map = map;
    byId("map").value = map;
    this.#paintTiles();
    const values = this.#mapValues(map);
    const most = largest(values) || 1;
    const color = (value) => `rgb(${heat(value / most).join(" ")})`;
    this.#grid.show(this.#stage.output.shape[1], (cell) => ({
      color: color(values[cell]),
      words: number(values[cell]),
    }));
    this.#chooseCell(values.indexOf(largest(values)));
  }

  #chooseTile({ offsetX, offsetY, target }) {
    const maps = this.#stage.output.shape[0];
    const columns = columnsFor(maps);
    const column = Math.floor((offsetX / target.clientWidth) * columns);
    const row = Math.floor((offsetY / target.clientHeight) * Math.ceil(maps / columns));
    const map = row * columns + column;
    if (column >= 0 && column < columns && row >= 0 && map < maps) this.#chooseMap(map);
  }

  #chooseCell(cell) {
    const { layer, input, output } = this.#stage;
    this.#chosen.cell = Math.max(cell, 0); // in a map of nothing
    const side = output.shape[1];
    this.#grid.mark(this.#chosen.cell);
    const place = { map: this.#chosen.map, y: Math.floor(this.#chosen.cell / side), x: this.#chosen.cell % side };
    this.#chooseInput(strongestInput(layer, input, place));
  }

  #chooseInput(from) {
    this.#chosen.from = from;
    byId("from").value = from;
    this.#showSum();
  }

  #showSum() {
    const { layer, input, output, isFirst } = this.#stage;
    const { map, cell, from } = this.#chosen;
    const [y, x] = [Math.floor(cell / output.shape[1]), cell % output.shape[1]];
    byId("sum").removeAttribute("aria-busy");
    const sum = sumOf(layer, input, { map, from, y, x }, isFirst ? INK : 1);
    const place = { map: map + 1, row: y + 1, column: x + 1, value: number(sum.output) };
    byId("sum-title").textContent = interpolate(gettext("Map %(map)s, row %(row)s, column %(column)s: %(value)s"), place);
    for (const name of ["values", "weights", "products"]) showNine(byId(`sum-${name}`), sum[name]);
    for (const name of ["own", "others", "bias", "total", "output"]) byId(`sum-${name}`).textContent = number(sum[name]);
    const others = input.shape[0] - 1;
    const title = ngettext("The same from the other map", "The same from the other %(others)s maps", others);
    byId("sum-others-title").textContent = interpolate(title, { others });
    byId("sum-others").parentElement.hidden = isFirst; // there is one picture alone
  }

  #paintTiles() {
    const { shape: [maps, side], values } = this.#stage.output;
    const columns = columnsFor(maps);
    const canvas = byId("tiles");
    canvas.width = columns * (side + 1) + 1;
    canvas.height = Math.ceil(maps / columns) * (side + 1) + 1;
    const context = canvas.getContext("2d");
    const most = largest(values) || 1;
    for (let map = 0; map < maps; map++) {
      const corner = [(map % columns) * (side + 1), Math.floor(map / columns) * (side + 1)];
      if (map === this.#chosen.map) {
        context.fillStyle = "#fff";
        context.fillRect(...corner, side + 2, side + 2);
      }
      context.putImageData(tile(this.#mapValues(map), side, most), corner[0] + 1, corner[1] + 1);
    }
  }
}

function tile(values, side, most) {
  const image = new ImageData(side, side);
  values.forEach((value, i) => image.data.set([...heat(value / most), 255], 4 * i));
  return image;
}

function showNine(body, values) {
  body.querySelectorAll("td").forEach((cell, i) => (cell.textContent = number(values[i])));
}
