#!/usr/bin/env python3
"""bench_kernels.py [--out=FILE.csv] [--cores=m4,m7,...] [--plugin=build/lib/tinyc_count.so] [--kernel=TEXT] [--work=DIR]

Measures kernel calls in QEMU with the project's own counting of instructions and cycles and writes one CSV row per call:
symbol, group, the words of the parameter block, rows, multiply-accumulates, and instructions and cycles on each core
(empty where the core has no such kernel). Groups: "random", which tools/fit_costs.py fits the cost model to, and networks
(MobileNetV1 and V2, MCUNet, ResNet8, DS-CNN, autoencoder), which it is validated on. Every shape is called as a whole and,
as in a stream of rows, for bands of 1, 2 and 4 rows.
"""
import argparse, csv, json, math, pathlib, random, re, shutil, struct, subprocess, sys, tempfile

repository = pathlib.Path(__file__).resolve().parent.parent
CORES = {'m0plus': ('mps2-an385', ['-mcpu=cortex-m0plus', '-mfloat-abi=soft']),
         'm3': ('mps2-an385', ['-mcpu=cortex-m3', '-mfloat-abi=soft']),
         'm4': ('mps2-an386', ['-mcpu=cortex-m4', '-mfloat-abi=hard', '-mfpu=fpv4-sp-d16']),
         'm7': ('mps2-an500', ['-mcpu=cortex-m7', '-mfloat-abi=hard', '-mfpu=fpv5-d16']),
         'm33': ('mps2-an505', ['-mcpu=cortex-m33', '-mfloat-abi=hard', '-mfpu=fpv5-sp-d16']),
         'm55': ('mps3-an547', ['-mcpu=cortex-m55', '-mfloat-abi=hard'])}
ISAS = {'generic': set(CORES), 'armv7e_m': {'m4', 'm7', 'm33', 'm55'}, 'armv8_1m': {'m55'},
        'x86_64': set()}  # and the cores that have them
STAGE, SLOW_STAGE, CLAMPED_STAGE = [3, -128, 127, 32, 1], [3, -128, 127, 33, 1], [3, -100, 100, 32, 1]
SHIFTED_STAGE = [3, -128, 127, 30, 1]  # elements or weights are shifted


def packed_stage(i):
    return CLAMPED_STAGE if i % 4 == 3 else SHIFTED_STAGE if i % 4 == 1 else STAGE


def read_kernels():
    text = (repository / 'runtime' / 'kernels.def').read_text()
    text = text[text.index('#endif'):]
    rows = re.findall(r'TINYC_(?:PACKED_)?KERNEL\(([^()]*)\)', text)
    return [[field.strip() for field in row.split(',')] for row in rows]



def size(length, kernel, stride, pads, dilation=1):
    return (length + sum(pads) - (kernel - 1) * dilation - 1) // stride + 1


def same(length, kernel, stride, dilation=1):
    """Padding at the begin and at the end, as TensorFlow's SAME."""
    total = max(((length + stride - 1) // stride - 1) * stride + (kernel - 1) * dilation + 1 - length, 0)
    return [total // 2, total - total // 2]


def window(h, w, c, f, kh, kw, sh=1, sw=None, padding='same', dilation=1):
    sw = sw or sh
    rows = same(h, kh, sh, dilation) if padding == 'same' else [0, 0]
    columns = same(w, kw, sw, dilation) if padding == 'same' else [0, 0]
    oh, ow = size(h, kh, sh, rows, dilation), size(w, kw, sw, columns, dilation)
    return [h, w, c, h, oh, ow, f, oh, kh, kw, sh, sw, dilation, dilation, rows[0], columns[0]]


def whole(height):
    return [(0, height)]


# Of results of int16.
WIDE_STAGE = [0, -32767, 32767, 38, 1]
INTEGERS = ('s8', 's16')


def is_wide(symbol):
    return '_s16' in symbol


class Calls:
    def __init__(self):
        self.rows = []

    def add(self, symbol, group, words, begin, end, row_bytes=0, macs=0):
        self.rows.append((symbol, group, [w if isinstance(w, int) else struct.unpack('<i', struct.pack('<f', w))[0]
                                          for w in words], begin, end, row_bytes, macs))

    def windowed(self, symbol, group, win, rest, macs_per_row=0, bands=True, element=1):
        """All rows; then bands: row-local ones as tensors of their own, others with their input rows anywhere."""
        h, w, c, _, oh, ow, f, _, kh, kw, sh, sw = win[:12]
        if oh < 1 or ow < 1:
            return
        self.add(symbol, group, win + rest, 0, oh, macs=macs_per_row * oh)
        local = kh == kw == sh == sw == 1 and win[14] == win[15] == 0
        for g in (1, 2, 4) if bands else ():
            if g >= oh:
                break
            begin = min(oh // 2 // g * g, (oh - g) // g * g)
            band = list(win)
            if local:
                band[0] = band[3] = band[4] = band[7] = g
                self.add(symbol, group, band + rest, 0, g, macs=macs_per_row * g)
            else:
                band[3], band[7] = 0, g
                self.add(symbol, group, band + rest, begin, begin + g, w * c * element, macs_per_row * g)
                if g == 2:
                    self.add(symbol, group, band + rest, 0, g, w * c * element, macs_per_row * g)

    def conv(self, symbol, group, win, stage=STAGE, groups=1, bands=True):
        zero, stage, element = (0, WIDE_STAGE, 2) if is_wide(symbol) else (-4, stage, 1)
        macs = win[5] * win[6] * win[8] * win[9] * win[2] // groups
        self.windowed(symbol, group, win, [groups, zero] + stage, macs, bands, element)

    def depthwise(self, symbol, group, win, stage=STAGE, bands=True):
        zero, stage, element = (0, WIDE_STAGE, 2) if is_wide(symbol) else (-4, stage, 1)
        self.windowed(symbol, group, win, [win[2], zero] + stage, win[5] * win[6] * win[8] * win[9], bands, element)

    def dense(self, symbol, group, rows, inputs, outputs, stage=STAGE):
        self.add(symbol, group, [rows, inputs, outputs] + (WIDE_STAGE if is_wide(symbol) else stage), 0, rows,
                 macs=rows * inputs * outputs)


def add_networks(calls, columns, planes, rows3x3, dense):
    def pw(group, h, c, f, w=None): calls.conv(columns, group, window(h, w or h, c, f, 1, 1))
    def dw(group, h, c, k, s, w=None): calls.depthwise(rows3x3 if k == 3 else planes, group, window(h, w or h, c, c, k, k, s))
    group = 'dscnn'
    calls.conv(columns, group, window(49, 10, 1, 64, 10, 4, 2))
    dw(group, 25, 64, 3, 1, 5)
    pw(group, 25, 64, 64, 5)
    calls.dense(dense, group, 1, 64, 12)
    group = 'resnet8'
    calls.conv(columns, group, window(32, 32, 3, 16, 3, 3))
    for h, c, f, s in ((32, 16, 16, 1), (32, 16, 32, 2), (16, 32, 32, 1), (16, 32, 64, 2), (8, 64, 64, 1)):
        calls.conv(columns, group, window(h, h, c, f, 3, 3, s))
        if s == 2:
            calls.conv(columns, group, window(h, h, c, f, 1, 1, s))
    calls.dense(dense, group, 1, 64, 10)
    group = 'mobilenetv1'  # 0.25, 96x96
    calls.conv(columns, group, window(96, 96, 3, 8, 3, 3, 2))
    for h, c, f, s in ((48, 8, 16, 1), (48, 16, 32, 2), (24, 32, 32, 1), (24, 32, 64, 2), (12, 64, 64, 1), (12, 64, 128, 2),
                       (6, 128, 128, 1), (6, 128, 256, 2), (3, 256, 256, 1)):
        dw(group, h, c, 3, s)
        pw(group, (h + s - 1) // s, c, f)
    group = 'mobilenetv2'  # 0.35, 96x96
    calls.conv(columns, group, window(96, 96, 3, 16, 3, 3, 2))
    for h, c, e, f, s in ((48, 8, 48, 8, 2), (24, 8, 48, 8, 1), (24, 8, 48, 16, 2), (12, 16, 96, 16, 1), (12, 16, 96, 24, 2),
                          (6, 24, 144, 24, 1), (6, 32, 192, 56, 2), (3, 56, 336, 56, 1)):
        pw(group, h, c, e)
        dw(group, h, e, 3, s)
        pw(group, (h + s - 1) // s, e, f)
    group = 'mcunet'
    calls.conv(columns, group, window(80, 80, 3, 16, 3, 3, 2))
    for h, c, e, f, k, s in ((40, 8, 24, 16, 7, 2), (20, 16, 80, 16, 3, 1), (20, 16, 64, 16, 5, 1), (20, 16, 80, 24, 5, 2),
                             (10, 24, 120, 24, 5, 1), (10, 24, 120, 40, 7, 2), (5, 40, 240, 40, 7, 1), (5, 40, 160, 48, 5, 1),
                             (5, 48, 240, 96, 5, 2), (3, 96, 480, 96, 3, 1)):
        pw(group, h, c, e)
        dw(group, h, e, k, s)
        pw(group, (h + s - 1) // s, e, f)
    for inputs, outputs in ((640, 128), (128, 128), (128, 8), (8, 128), (128, 640)):
        calls.dense(dense, 'autoencoder', 1, inputs, outputs)


def random_window(rng, channels, filters, kernels, strides, most_macs, depthwise=False, dilations=(1,), width=None, groups=1,
                  mixed=False):
    """Filters of a depthwise window: the channels times the number that filters() gives, if it is given."""
    while True:
        kh, kw = rng.choice(kernels), rng.choice(kernels)
        if rng.random() < 0.7:
            kw = kh
        s = rng.choice(strides)
        h, w = rng.randint(1, 30), rng.randint(1, 30)
        c = channels() * groups
        f = filters() * groups if not depthwise else c * filters() if filters else c
        d, sw = dilations[0], s
        if len(dilations) > 1:
            d = rng.choice(dilations)
        if width:
            h, w, kw = rng.randint(1, 100), width, min(kw, width)
        if mixed:
            sw = rng.choice(strides)
        win = window(h, w, c, f, kh, kw, s, sw, padding=rng.choice(['same', 'same', 'valid']), dilation=d)
        if win[4] < 1 or win[5] < 1 or h < kh // 2 + 1 or w < kw // 2 + 1:
            continue
        depth = 1 if depthwise else c // groups
        macs = win[4] * win[5] * f * kh * kw * depth
        if h * w * c < 200000 and win[4] * win[5] * f < 200000 and macs < most_macs and f * kh * kw * depth < 300000:
            return win


def add_random(calls, rng, kernels):
    """Shapes for every kernel."""
    few, some = 12, 20
    up_to = lambda most: int(2 ** rng.uniform(0, math.log2(most + 1)))  # small numbers as often as large ones
    fours = lambda: 4 * up_to(40)
    anything = lambda: up_to(70)
    for op, inputs, weight, isa, _, symbol, params, *_ in kernels:
        macs = 150000 if isa == 'generic' else 400000
        if symbol.startswith('tinyc_conv2d_columns') or symbol.startswith('tinyc_conv2d_direct'):
            for channels, ks, ss, n in ((fours, [1], [1], 25), (anything, [1], [1], 20), (fours, [1], [2, 3], 8), (fours, [2, 3, 5], [1, 2], 20),
                                        (fours, [3], [4, 5], 8), (lambda: 1, [3, 4, 5, 10], [1, 2], 12),
                                        (lambda: 3, [3, 5, 7], [1, 2], 12), (lambda: 2, [1, 3, 5], [1, 2], 12),
                                        (anything, [1, 3, 5], [1, 2], 15), (anything, [1, 2, 3], [3, 4], 10)):
                if symbol.startswith('tinyc_conv2d_direct') and channels is not fours:
                    continue
                for i in range(n):
                    win = random_window(rng, channels, lambda: rng.choice([rng.randint(1, 20), 8 * rng.randint(1, 16)]), ks, ss, macs)
                    calls.conv(symbol, 'random', win, CLAMPED_STAGE if i % 4 == 3 else STAGE if 'direct' in symbol else packed_stage(i))
            # Dilated, one pixel wide, and, but for conv2d_direct, grouped ones.
            some_filters = lambda: rng.choice([rng.randint(1, 20), 8 * rng.randint(1, 8)])
            for channels, n in ((fours, 12), (anything, 0 if symbol.startswith('tinyc_conv2d_direct') else 12)):
                for _ in range(n):
                    calls.conv(symbol, 'random', random_window(rng, channels, some_filters, [2, 3, 5], [1, 2], macs, dilations=(2, 3)))
                    calls.conv(symbol, 'random', random_window(rng, channels, some_filters, [1, 3, 9], [1, 2], macs, width=rng.choice([1, 1, 3])))
                    if not symbol.startswith('tinyc_conv2d_direct'):
                        groups = rng.randint(2, 8)
                        few_channels = lambda: channels() // 4 + 1 if channels is anything else 4 * rng.randint(1, 6)
                        win = random_window(rng, few_channels, lambda: rng.randint(1, 16), [1, 3], [1, 2], macs, groups=groups)
                        calls.conv(symbol, 'random', win, groups=groups)
        elif op == 'conv2d' and 'of4' in symbol:
            for channels, ks, ss, n in ((fours, [1], [1], 25), (fours, [1], [2, 3], 8), (fours, [2, 3, 5], [1, 2], 25),
                                        (fours, [3], [1], 10)):
                for i in range(n):
                    win = random_window(rng, channels, lambda: rng.choice([rng.randint(1, 20), 8 * rng.randint(1, 16)]), ks, ss, macs)
                    calls.conv(symbol, 'random', win, packed_stage(i))
            if isa == 'generic':
                for _ in range(some):
                    groups, any_fours = rng.randint(1, 3), lambda: rng.randint(4, 40)
                    win = random_window(rng, any_fours, lambda: rng.randint(1, 16), [1, 3], [1, 2], macs, groups=groups)
                    calls.conv(symbol, 'random', win, groups=groups)
        elif symbol.startswith('tinyc_depthwise_conv2d_3x3'):
            for stride, n in ((1, 30), (2, 30)):
                for i in range(n):  # it takes paddings of at most 1 and widths that fit
                    h, w, c = rng.randint(3, 40), rng.randint(3, 40), anything()
                    calls.depthwise(symbol, 'random', window(h, w, c, c, 3, 3, stride, padding=rng.choice(['same', 'valid'])),
                                    CLAMPED_STAGE if i % 4 == 3 else STAGE)
        elif symbol.startswith('tinyc_depthwise_conv2d_lines'):
            for i in range(48):  # 1-D convolutions, and those of the rows of images
                h, w, c, k = rng.choice([1, 1, 3, 8]), rng.randint(2, 160), up_to(40), rng.choice([8, 9, 11, 13, 17, 21, 29])
                s, d = rng.choice([(1, 1), (1, 1), (2, 1), (1, 2), (1, 4)])
                win = window(h, w, c, c * rng.choice([1, 1, 2]), 1, k, 1, s, dilation=d)
                calls.depthwise(symbol, 'random', win, packed_stage(i))
        elif symbol.startswith('tinyc_depthwise_conv2d_planes'):
            for ks, ss, n in (([1, 2, 3, 4, 5, 6, 7], [1], 40), ([2, 3, 4, 5, 6, 7], [2], 40)):
                for i in range(n):
                    calls.depthwise(symbol, 'random', random_window(rng, anything, None, ks, ss, macs // 4, True), packed_stage(i))
            for _ in range(15):
                calls.depthwise(symbol, 'random', random_window(rng, anything, lambda: rng.randint(2, 4), [2, 3, 5, 7], [1, 2], macs // 4, True))
                calls.depthwise(symbol, 'random', random_window(rng, anything, None, [2, 3, 5, 7], [1, 2], macs // 4, True, mixed=True))
        elif op == 'conv2d' and inputs in INTEGERS:
            for stage, n in ((STAGE, some), (SLOW_STAGE, 0 if isa == 'generic' else few)):
                for _ in range(n):
                    calls.conv(symbol, 'random', random_window(rng, rng.choice([fours, anything]), anything, [1, 1, 3, 5], [1, 2], macs), stage)
        elif op == 'depthwise_conv2d' and inputs in INTEGERS:
            for stage, ks, n in ((STAGE, [3], some), (STAGE, [1, 2, 5, 7], some), (SLOW_STAGE, [3], 0 if isa == 'generic' else few),
                                 (SLOW_STAGE, [5, 7], 0 if isa == 'generic' else few)):
                for _ in range(n):
                    calls.depthwise(symbol, 'random', random_window(rng, anything, None, ks, [1, 2], macs // 4, True), stage)
        elif op == 'conv_transpose2d':
            for _ in range(some if isa == 'generic' else 2 * some):
                h, w, k, s = rng.randint(1, 8), rng.randint(1, 8), rng.choice([2, 3, 4, 5]), rng.choice([1, 2, 2, 3])
                groups = rng.choice([1, 1, 1, 2])
                c, f, pad = groups * up_to(24), groups * up_to(16), rng.randint(0, 1)
                oh, ow = (h - 1) * s + k - 2 * pad, (w - 1) * s + k - 2 * pad
                if oh < 1 or ow < 1 or h * w * k * k * c * f // groups > macs // 2:
                    continue
                win = [h, w, c, h, oh, ow, f, oh, k, k, s, s, 1, 1, pad, pad]
                calls.add(symbol, 'random', win + ([groups, -4] + STAGE if inputs == 's8' else [groups, -1e9, 1e9]), 0, oh,
                          macs=h * w * k * k * c * f // groups)
        elif op in ('conv2d', 'depthwise_conv2d'):
            for _ in range(few):
                win = random_window(rng, anything, anything if op == 'conv2d' else None, [1, 3, 5], [1, 2], macs // 3, op != 'conv2d')
                groups = 1 if op == 'conv2d' else win[2]
                calls.windowed(symbol, 'random', win, [groups, -1e9, 1e9], win[5] * win[6] * win[8] * win[9] * win[2] // groups,
                               element=4)
        elif op == 'fully_connected':
            words = 'pairs' in symbol or '1of4' in symbol
            for i in range(2 * some if inputs in INTEGERS else some):
                n = 4 * up_to(200) if words and i % 3 else max(up_to(600), 4 if 'of4' in symbol else 1)
                rows, outputs = rng.choice([1, 1, 1, 2, 5]), up_to(200)
                stage = [-1e9, 1e9] if inputs == 'f32' else CLAMPED_STAGE if words and i % 4 == 3 else \
                    SLOW_STAGE if isa != 'generic' and i % 3 == 0 and not words else STAGE
                calls.dense(symbol, 'random', rows, n, outputs, stage)
        elif op == 'matmul':
            for i in range(few if isa == 'generic' else 4 * few):
                m, k, n = rng.randint(1, 20), rng.randint(1, 60), rng.randint(1, 30)
                zero = [3, -4] + (SLOW_STAGE if isa != 'generic' and i % 3 == 2 else STAGE) if inputs == 's8' else [-1e9, 1e9]
                calls.add(symbol, 'random', [m, k, n] + zero, 0, m, macs=m * k * n)
        elif op in ('avg_pool', 'max_pool'):
            for _ in range(some if inputs in INTEGERS else few):
                win = random_window(rng, rng.choice([anything, fours]), None, [1, 2, 3, 5, 8], [1, 2, 3], macs // 4, True)
                rest = [1, 1, 0] + WIDE_STAGE if inputs == 's16' else [1, 1, -4] + STAGE if inputs == 's8' else [0, -1e9, 1e9, 0]
                calls.windowed(symbol, 'random', win, rest, element={'s8': 1, 's16': 2, 'f32': 4}[inputs])
        elif isa == 'armv8_1m' and op in ('mul', 'requantize'):
            for i in range(2 * some):
                stage = SLOW_STAGE if i % 4 == 3 else STAGE
                if op == 'requantize':
                    rows, length = up_to(20), up_to(200)
                    calls.add(symbol, 'random', [rows, length, -4, 1 << 30] + stage, 0, rows)
                    continue
                dims = [rng.randint(1, 12), rng.randint(1, 12), rng.randint(1, 6), rng.choice([anything, fours])()]
                strides = [dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3], 1]
                other = [strides, [0, 0, 0, 1], [0, 0, 0, 0]][i % 3]
                calls.add(symbol, 'random', dims + strides + other + [3, -4, 1 << 18, 0, 0] + stage, 0, dims[0])
        elif op in ('add', 'sub', 'mul'):
            for i in range(some if isa == 'generic' else 3 * some):
                dims = [rng.randint(1, 12), rng.randint(1, 12), rng.randint(1, 6), rng.choice([anything, fours])()]
                strides = [dims[1] * dims[2] * dims[3], dims[2] * dims[3], dims[3], 1]
                other = [strides, [0, 0, 0, 1], [0, 0, 0, 0]][i % 3]
                shift = 20 if op == 'add' or isa == 'generic' else 12 if i % 5 == 4 else 30
                rest = [3, -4, 1 << 18, 1 << 18, 1 << 19] + ([3, -128, 127, shift, 0]) if inputs == 's8' else [-1e9, 1e9]
                if inputs == 's16':
                    rest = [0, 0, 1 << 29, 1 << 29, 1 << 13, 0, -32767, 32767, 14 if op == 'add' else 45, 0]
                calls.add(symbol, 'random', dims + strides + other + rest, 0, dims[0])
        elif op == 'sum_rows':
            for _ in range(few if isa == 'generic' else 3 * few):
                rows, width, channels = rng.randint(1, 4), rng.randint(1, 20), rng.choice([anything, fours])()
                calls.add(symbol, 'random', [rows, width, channels], rng.choice([0, 1]), rows + 1)
        elif op == 'average':
            for i in range(few if isa == 'generic' else 2 * few):
                rest = [-4] + (SLOW_STAGE if isa != 'generic' and i % 2 else STAGE) if inputs == 's8' else [-1e9, 1e9]
                rest = [0] + WIDE_STAGE if inputs == 's16' else rest
                calls.add(symbol, 'random', [rng.randint(1, 300), 10] + rest, 0, 1)
        elif op == 'pad':
            for _ in range(few):
                dims = [rng.randint(1, 8), rng.randint(1, 8), rng.randint(1, 8), rng.randint(1, 40)]
                before, after = ([rng.randint(0, 2) for _ in range(4)] for _ in range(2))
                calls.add(symbol, 'random', dims + before + after + [0 if inputs in INTEGERS else 0.0], 0, dims[0] + before[0] + after[0])
        elif op == 'transpose':
            for i in range(2 * few if isa == 'generic' else 6 * few):
                dims = [1, 1, rng.randint(1, 6), rng.randint(1, 8), rng.randint(1, 8), rng.randint(1, 40)]
                strides = [0, 0, dims[3] * dims[4] * dims[5], dims[4] * dims[5], dims[5], 1]
                if i % 2:
                    strides[5], strides[3] = dims[4] * dims[5], 1
                calls.add(symbol, 'random', dims + strides, 0, 1)
        elif op in ('resize', 'resize_nearest'):
            for i in range(some if isa == 'generic' else 3 * some):
                h, w, c = rng.randint(1, 12), rng.randint(1, 12), anything()
                taps = [(2, 2), (2, 2), (4, 4), (1, 3), (2, 4)][i % 5] if op == 'resize' else (1, 1)
                if isa != 'generic' and i % 6 == 5:
                    c = rng.randint(1, 3)
                calls.add(symbol, 'random', [h, w, c, 2 * h, 2 * w, *taps, 3], 0, 2 * h)
        elif op == 'recurrent':
            for i in range(6 * few):
                steps, inputs, hidden = rng.randint(1, 6), rng.randint(1, 48), rng.randint(1, 32)
                shape = [i % 3, steps, 1, inputs, hidden, 1, 0, i // 3 % 2, 0, 1, 0, 0]
                functions = [1, 1, 1] if i % 3 == 0 else [0, 1, 1]  # tanh; sigmoid, tanh, tanh
                calls.add(symbol, 'random', shape + 2 * functions + 12 * [0.0] + [2.0], 0, 1)
        elif op == 'decode':
            for i in range(8 * few):
                size = rng.randint(1, 40) if i % 4 == 0 else up_to(40000)
                words = rng.randint(0, size // 4) if i % 3 == 0 else 0
                calls.add(symbol, 'random', [size, 4096 + 2 * size, rng.randint(5, 10), words], 0, 1)
        elif op == 'copy':
            for _ in range(few):
                rows, length = up_to(40), up_to(200)
                calls.add(symbol, 'random', [rows, length, length, length + 7, 3], 0, rows)
        else:
            for i in range(few if isa == 'generic' else 2 * few):
                rows, length = up_to(20), up_to(200)
                rest = {'tinyc_lookup_s8_params': [], 'tinyc_unary_f32_params': [0.2, 0.5, -1e9, 1e9],
                        'tinyc_softmax_s8_params': [1 << 10, 1 << 30, 20, -128], 'tinyc_softmax_f32_params': [],
                        'tinyc_quantize_params': [0.1, 3], 'tinyc_requantize_s8_params': [-4, 1 << 30] + STAGE}[params]
                if is_wide(symbol) and op == 'requantize':
                    rest = [0, 1 << 30] + [5 if i % 3 == 2 else 0] + WIDE_STAGE[1:]
                elif is_wide(symbol) and 'softmax' in op:
                    rest = [1 << 10, 1 << 30, 15, 0]
                elif op == 'requantize' and isa != 'generic' and i % 3 == 2:
                    rest[-2] = 33
                calls.add(symbol, 'random', [rows, length] + rest, 0, rows)


def build(core, work, kernels):
    machine, flags = CORES[core]
    emulator = repository / 'targets' / 'cortex-m' / 'emulator'
    ccache = [shutil.which('ccache')] if shutil.which('ccache') else []
    common = [*ccache, 'arm-none-eabi-gcc', *flags, '-mthumb', '-std=gnu11', '-O2', '-ffp-contract=off', '-ffunction-sections',
              f'-I{repository}/runtime/include', f'-I{repository}/runtime', f'-I{emulator}']
    sources = {repository / 'runtime' / k[4].strip('"') for k in kernels if core in ISAS[k[3]]}
    sources |= {repository / 'runtime' / 'kernels' / 'generic' / 'math_f32.c', emulator / 'startup.c',
                repository / 'targets' / 'cortex-m' / 'benchmark' / 'benchmark.c'}
    objects = []
    for source in sorted(sources):
        objects.append(work / f'{source.parent.name}-{source.stem}-{core}.o')
        subprocess.run([*common, '-c', source, '-o', objects[-1]], check=True)
    elf = work / f'{core}.elf'
    subprocess.run(['arm-none-eabi-gcc', *flags, '-mthumb', *objects, '-nostartfiles', f'-L{emulator}', '-T', machine + '.ld',
                    '-Wl,--gc-sections,--no-warn-execstack', '-o', elf], check=True)
    return elf


def execute(core, elf, calls, kernels, plugin, work):
    index = {k[5]: i for i, k in enumerate(kernels)}
    data = struct.pack('<I', len(calls))
    for symbol, _, words, begin, end, row_bytes, _ in calls:
        data += struct.pack('<5i', index[symbol], begin, end, row_bytes, len(words))
        data += struct.pack(f'<{len(words)}i', *words)
    (work / 'calls.bin').write_bytes(data)
    symbols = subprocess.run(['arm-none-eabi-nm', elf], check=True, capture_output=True, text=True).stdout
    marks = re.search(r'^(\w+) \w benchmark_marks$', symbols, re.M)[1]
    subprocess.run(['qemu-system-arm', '-M', CORES[core][0], '-nographic', '-monitor', 'none', '-serial', 'null', '-chardev',
                    'stdio,id=console', '-semihosting-config', 'enable=on,target=native,chardev=console', '-plugin',
                    f'{plugin},out=count.json,core={core},marks=0x{marks},layers={len(calls)}', '-kernel', elf],
                   check=True, cwd=work, stdin=subprocess.DEVNULL)
    count = json.loads((work / 'count.json').read_text())
    if count['unknown']:
        print(f'{core}: {count["unknown"]} instructions not decoded', file=sys.stderr)
    return count['layers']


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', default=repository / 'targets' / 'cortex-m' / 'costs.csv')
    parser.add_argument('--cores', default='m4,m7,m0plus,m3,m33,m55')
    parser.add_argument('--plugin', default=repository / 'build' / 'lib' / 'tinyc_count.so')
    parser.add_argument('--kernel', default='', help='only kernels whose symbol contains this')
    parser.add_argument('--work', help='directory for the firmware')
    options = parser.parse_args()
    kernels = read_kernels()
    calls = Calls()
    wanted = [k for k in kernels if options.kernel in k[5] and k[3] != 'x86_64']
    add_networks(calls, 'tinyc_conv2d_columns_s8_s8_armv7e_m', 'tinyc_depthwise_conv2d_planes_s8_s8_armv7e_m',
                 'tinyc_depthwise_conv2d_3x3_s8_s8_armv7e_m', 'tinyc_fully_connected_pairs_s8_s8_armv7e_m')
    add_networks(calls, 'tinyc_conv2d_s8_s8_armv8_1m', 'tinyc_depthwise_conv2d_s8_s8_armv8_1m',
                 'tinyc_depthwise_conv2d_s8_s8_armv8_1m', 'tinyc_fully_connected_s8_s8_armv8_1m')
    add_networks(calls, 'tinyc_conv2d_pairs_s16_s8_armv7e_m', 'tinyc_depthwise_conv2d_pairs_s16_s8_armv7e_m',
                 'tinyc_depthwise_conv2d_pairs_s16_s8_armv7e_m', 'tinyc_fully_connected_pairs_s16_s8_armv7e_m')
    add_networks(calls, 'tinyc_conv2d_columns_s8_s4_armv7e_m', 'tinyc_depthwise_conv2d_planes_s8_s4_armv7e_m',
                 'tinyc_depthwise_conv2d_3x3_s8_s4_armv7e_m', 'tinyc_fully_connected_pairs_s8_s4_armv7e_m')
    add_networks(calls, 'tinyc_conv2d_pairs_s16_s4_armv7e_m', 'tinyc_depthwise_conv2d_pairs_s16_s4_armv7e_m',
                 'tinyc_depthwise_conv2d_pairs_s16_s4_armv7e_m', 'tinyc_fully_connected_pairs_s16_s4_armv7e_m')
    for kernel in wanted:  # the same shapes whatever other kernels there are
        add_random(calls, random.Random(kernel[5]), [kernel])
    isa = {k[5]: k[3] for k in kernels}
    rows = [row for row in calls.rows if options.kernel in row[0]]
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(options.work or folder)
        work.mkdir(exist_ok=True)
        for core in options.cores.split(','):
            # Bands of rows and networks only where they matter; a part of the float shapes is slow without a unit for it.
            chosen = [i for i, row in enumerate(rows) if core in ISAS[isa[row[0]]]]
            layers = execute(core, build(core, work, kernels), [rows[i] for i in chosen], kernels,
                             pathlib.Path(options.plugin).resolve(), work)
            for i, layer in zip(chosen, layers):
                figures[core, i] = layer
            print(f'{core}: {len(chosen)} calls, {sum(l["instructions"] for l in layers):,} instructions', file=sys.stderr)
    with open(options.out, 'w', newline='') as file:
        writer = csv.writer(file, lineterminator='\n')
        cores = options.cores.split(',')
        writer.writerow(['symbol', 'group', 'params', 'row_begin', 'row_end', 'macs'] +
                        [f'{core}_{what}' for core in cores for what in ('instructions', 'cycles')])
        for i, (symbol, group, words, begin, end, _, macs) in enumerate(rows):
            values = []
            for core in cores:
                layer = figures.get((core, i))
                values += [layer['instructions'], layer['cycles']] if layer else ['', '']
            writer.writerow([symbol, group, ' '.join(map(str, words)), begin, end, macs] + values)


if __name__ == '__main__':
    main()
