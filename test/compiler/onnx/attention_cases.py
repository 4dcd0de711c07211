#!/usr/bin/env python3
"""attention_cases.py [--keep=DIRECTORY]: attention, rotary embeddings, fused and dynamically quantized operators.

libonnx-testdata ends at operator set 17, before these. Each case is a model of one node and random inputs; the host's program has
to give what the operator's definition gives in numpy, in double precision, within 2e-5 of the greatest element. --keep leaves
the models, inputs and results (NAME.onnx, NAME.in.I.npy, NAME.out.I.npy) for comparison with another implementation.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

TYPES = {"float32": TensorProto.FLOAT, "int64": TensorProto.INT64, "int32": TensorProto.INT32, "bool": TensorProto.BOOL}
RNG = np.random.default_rng(7)
CASES = []


def real(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def case(name, op, inputs, outputs, domain="", opset=24, constants=(), **attributes):
    """`inputs`: arrays, None where absent; `constants`: which of them are initializers; `outputs`: arrays, None: not asked for."""
    CASES.append((name, op, inputs, outputs, domain, opset, constants, attributes))


def heads(x, count):
    return x.reshape(x.shape[0], x.shape[1], count, -1).transpose(0, 2, 1, 3).astype(np.float64)


def joined(x):
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def scores(q, k, scale=None):
    return q @ np.repeat(k, q.shape[1] // k.shape[1], 1).swapaxes(2, 3) * (scale or 1 / np.sqrt(q.shape[-1]))


def weighted(p, v):
    return p @ np.repeat(v, p.shape[1] // v.shape[1], 1)


def causal(s, t, offset=0):
    return np.where(np.arange(t) > np.arange(s)[:, None] + offset, -np.inf, 0)


def onnx_attention():
    q, k, v = real(2, 3, 4, 8), real(2, 3, 6, 8), real(2, 3, 6, 5)
    raw = scores(q.astype(float), k)
    case("attention-4d", "Attention", [q, k, v], [weighted(softmax(raw), v)], opset=23)
    case("attention-scale", "Attention", [q, k, v], [weighted(softmax(scores(q.astype(float), k, 0.3)), v)], opset=23, scale=0.3)
    capped = 2.5 * np.tanh(raw / 2.5)
    case("attention-softcap", "Attention", [q, k, v], [weighted(softmax(capped), v)], opset=23, softcap=2.5)
    mask = real(4, 6)
    case("attention-mask", "Attention", [q, k, v, mask], [weighted(softmax(raw + mask), v)], opset=23)
    kept = RNG.random((2, 1, 4, 6)) < 0.7
    kept[..., 0] = True
    hidden = np.where(kept, 0, -np.inf)
    case("attention-bool-mask", "Attention", [q, k, v, kept], [weighted(softmax(raw + hidden), v)])
    case("attention-softcap-mask", "Attention", [q, k, v, kept], [weighted(softmax(capped + hidden), v)], softcap=2.5)
    case("attention-causal", "Attention", [q, k, v], [weighted(softmax(raw + causal(4, 6)), v)], is_causal=1)
    short = real(2, 3, 4, 5)
    padded = np.concatenate([short, np.full((2, 3, 4, 1), -np.inf)], -1)
    case("attention-short-mask", "Attention", [q, k, v, short], [weighted(softmax(raw + padded), v)])
    flat_q, flat_k, flat_v = real(2, 4, 24), real(2, 6, 12), real(2, 6, 15)
    grouped = heads(flat_q, 6), heads(flat_k, 3), heads(flat_v, 3)
    case("attention-3d-grouped", "Attention", [flat_q, flat_k, flat_v],
         [joined(weighted(softmax(scores(grouped[0], grouped[1])), grouped[2]))], opset=23, q_num_heads=6, kv_num_heads=3)
    pk, pv = real(2, 3, 2, 8), real(2, 3, 2, 5)
    all_k, all_v = np.concatenate([pk, k], 2), np.concatenate([pv, v], 2)
    past = scores(q.astype(float), all_k) + causal(4, 8, 2)
    case("attention-past-causal", "Attention", [q, k, v, None, pk, pv], [weighted(softmax(past), all_v), all_k, all_v], is_causal=1)
    case("attention-probabilities", "Attention", [q, k, v, mask], [weighted(softmax(raw + mask), v), None, None, softmax(raw + mask)],
         opset=23, qk_matmul_output_mode=3)
    both = [weighted(softmax(capped + mask), v), None, None]
    for mode, stage in enumerate((raw, capped, capped + mask, softmax(capped + mask))):
        case(f"attention-stage-{mode}", "Attention", [q, k, v, mask], [*both, stage], opset=23, qk_matmul_output_mode=mode, softcap=2.5)
    case("attention-products", "Attention", [q, k, v, mask], [weighted(softmax(raw + mask), v), None, None, raw], opset=23)
    lengths = np.array([6, 4])
    padding = np.where(np.arange(6) < lengths[:, None, None, None], 0, -np.inf)
    case("attention-lengths", "Attention", [q, k, v, None, None, None, lengths], [weighted(softmax(raw + padding), v)])


def microsoft_attention():
    x, w, b = real(2, 5, 7), real(7, 24), real(24)
    projected = x.astype(float) @ w + b
    q, k, v = (heads(part, 2) for part in np.split(projected, 3, -1))
    raw = scores(q, k)
    attend = lambda bias: joined(weighted(softmax(raw + bias), v))
    case("ms-attention", "Attention", [x, w, b], [attend(0)], "com.microsoft", num_heads=2, constants=(1, 2))
    case("ms-attention-weights", "Attention", [x, w, b], [attend(0)], "com.microsoft", num_heads=2)
    case("ms-attention-causal", "Attention", [x, w, b], [attend(causal(5, 5))], "com.microsoft", num_heads=2, unidirectional=1, constants=(1, 2))
    lengths = np.array([3, 5], np.int32)
    case("ms-attention-lengths", "Attention", [x, w, b, lengths],
         [attend(np.where(np.arange(5) < lengths[:, None, None, None], 0, -10000))], "com.microsoft", num_heads=2, constants=(1, 2))
    ends = np.array([4, 5, 1, 2], np.int32)
    inside = (np.arange(5) < ends[:2, None, None, None]) & (np.arange(5) >= ends[2:, None, None, None])
    case("ms-attention-ends", "Attention", [x, w, b, ends], [attend(np.where(inside, 0, -10000))], "com.microsoft", num_heads=2, constants=(1, 2))
    mask = (RNG.random((2, 5)) < 0.6).astype(np.int32)
    mask[:, 0] = 1
    case("ms-attention-mask", "Attention", [x, w, b, mask], [attend(np.where(mask, 0, -10000)[:, None, None])], "com.microsoft", num_heads=2,
         constants=(1, 2))
    w2, b2 = real(7, 20), real(20)
    parts = np.split(x.astype(float) @ w2 + b2, [8, 16], -1)
    q2, k2, v2 = (heads(part, 2) for part in parts)
    case("ms-attention-sizes", "Attention", [x, w2, b2], [joined(weighted(softmax(scores(q2, k2)), v2))], "com.microsoft", num_heads=2,
         qkv_hidden_sizes=[8, 8, 4], constants=(1, 2))
    past = real(2, 2, 2, 3, 4)
    pk, pv = np.concatenate([past[0], k], 2), np.concatenate([past[1], v], 2)
    case("ms-attention-past", "Attention", [x, w, b, None, past],
         [joined(weighted(softmax(scores(q, pk) + causal(5, 8, 3)), pv)), np.stack([pk, pv])], "com.microsoft", num_heads=2, unidirectional=1,
         constants=(1, 2))

    q, k, v = real(2, 4, 12), real(2, 6, 12), real(2, 6, 9)
    hq, hk, hv = heads(q, 3), heads(k, 3), heads(v, 3)
    raw = scores(hq, hk)
    attend = lambda bias: joined(weighted(softmax(raw + bias), hv))
    case("ms-heads", "MultiHeadAttention", [q, k, v], [attend(0)], "com.microsoft", num_heads=3)
    bias = real(1, 3, 4, 6)
    case("ms-heads-bias", "MultiHeadAttention", [q, k, v, None, None, bias], [attend(bias)], "com.microsoft", num_heads=3)
    b = real(33)
    bq, bk, bv = heads(q + b[:12], 3), heads(k + b[12:24], 3), heads(v + b[24:], 3)
    case("ms-heads-projection-bias", "MultiHeadAttention", [q, k, v, b], [joined(weighted(softmax(scores(bq, bk)), bv))], "com.microsoft",
         num_heads=3)
    mask = np.ones((2, 6), np.int32)
    mask[1, 4:] = 0
    case("ms-heads-padding", "MultiHeadAttention", [q, k, v, None, mask], [attend(np.where(mask, 0, -10000)[:, None, None])], "com.microsoft",
         num_heads=3)
    case("ms-heads-4d", "MultiHeadAttention", [q, hk.astype(np.float32), hv.astype(np.float32)], [attend(0)], "com.microsoft", num_heads=3)
    packed = real(2, 5, 3, 3, 4)
    pq, pk, pv = (packed[:, :, :, i].transpose(0, 2, 1, 3).astype(float) for i in range(3))
    case("ms-heads-packed", "MultiHeadAttention", [packed], [joined(weighted(softmax(scores(pq, pk)), pv))], "com.microsoft", num_heads=3)
    kv = real(2, 6, 3, 2, 4)
    pk, pv = (kv[:, :, :, i].transpose(0, 2, 1, 3).astype(float) for i in range(2))
    case("ms-heads-packed-kv", "MultiHeadAttention", [q, kv], [joined(weighted(softmax(scores(hq, pk)), pv))], "com.microsoft", num_heads=3)
    k4 = real(2, 4, 12)
    v4 = real(2, 4, 12)
    past_k, past_v = real(2, 3, 3, 4), real(2, 3, 3, 4)
    ak, av = np.concatenate([past_k, heads(k4, 3)], 2), np.concatenate([past_v, heads(v4, 3)], 2)
    case("ms-heads-past", "MultiHeadAttention", [q, k4, v4, None, None, None, past_k, past_v],
         [joined(weighted(softmax(scores(hq, ak) + causal(4, 7, 3)), av)), ak, av], "com.microsoft", num_heads=3, unidirectional=1)


def turned(x, cosine, sine, interleaved):
    """x: [batch, heads, steps, size]; tables: [batch or 1, steps, pairs]."""
    x = x.astype(np.float64).copy()
    pairs = cosine.shape[-1]
    first, second = (slice(0, 2 * pairs, 2), slice(1, 2 * pairs, 2)) if interleaved else (slice(0, pairs), slice(pairs, 2 * pairs))
    a, b = x[..., first].copy(), x[..., second].copy()
    c, s = cosine[:, None].astype(float), sine[:, None].astype(float)
    x[..., first], x[..., second] = c * a - s * b, s * a + c * b
    return x


def rotary():
    x, c, s = real(2, 3, 4, 8), real(20, 4), real(20, 4)
    ids = RNG.integers(0, 20, (2, 4))
    case("rotary-4d", "RotaryEmbedding", [x, c, s, ids], [turned(x, c[ids], s[ids], 0)], opset=23)
    case("rotary-interleaved", "RotaryEmbedding", [x, c, s, ids], [turned(x, c[ids], s[ids], 1)], opset=23, interleaved=1)
    c3, s3 = real(2, 4, 4), real(2, 4, 4)
    flat = real(2, 4, 24)
    case("rotary-3d", "RotaryEmbedding", [flat, c3, s3], [joined(turned(heads(flat, 3), c3, s3, 0))], opset=23, num_heads=3)
    cp, sp = real(20, 2), real(20, 2)
    case("rotary-partial", "RotaryEmbedding", [x, cp, sp, ids], [turned(x, cp[ids], sp[ids], 0)], opset=23, rotary_embedding_dim=4)
    case("rotary-partial-interleaved", "RotaryEmbedding", [flat, cp, sp, ids], [joined(turned(heads(flat, 3), cp[ids], sp[ids], 1))], opset=23,
         rotary_embedding_dim=4, num_heads=3, interleaved=1)
    case("ms-rotary", "RotaryEmbedding", [flat, ids, c, s], [joined(turned(heads(flat, 3), c[ids], s[ids], 0))], "com.microsoft")
    at = np.array([5])
    case("ms-rotary-offset", "RotaryEmbedding", [flat, at, c, s], [joined(turned(heads(flat, 3), c[None, 5:9], s[None, 5:9], 1))], "com.microsoft",
         interleaved=1)


def fused():
    a, b, c = real(3, 5), real(5, 4), real(4)
    gemm = a.astype(float) @ b + c
    case("fused-gemm", "FusedGemm", [a, b, c], [np.maximum(gemm, 0)], "com.microsoft", activation="Relu")
    case("fused-gemm-leaky", "FusedGemm", [a, b.T.copy(), c], [np.where(gemm < 0, np.float32(0.2) * gemm, gemm)], "com.microsoft", transB=1,
         activation="LeakyRelu", activation_alpha=0.2)
    x, y = real(2, 3, 4, 5), real(2, 3, 6, 5)
    case("fused-matmul", "FusedMatMul", [x, y], [0.5 * (x.astype(float) @ y.swapaxes(2, 3))], "com.microsoft", alpha=0.5, transB=1)
    x2 = real(4, 2, 3, 5)
    case("fused-matmul-batch", "FusedMatMul", [x2, y], [x2.transpose(1, 2, 0, 3).astype(float) @ y.swapaxes(2, 3)], "com.microsoft", transB=1,
         transBatchA=1)
    case("fused-matmul-batch-a", "FusedMatMul", [real(5, 2, 3, 4), y], None, "com.microsoft", transB=1, transA=1, transBatchA=1)
    # [K, batch.., M], both transposed: [batch.., M, K]
    x3 = CASES[-1][2][0]
    CASES[-1] = CASES[-1][:3] + ([x3.transpose(1, 2, 3, 0).astype(float) @ y.swapaxes(2, 3)],) + CASES[-1][4:]
    conv_x, conv_w = real(1, 2, 5, 5), real(3, 2, 1, 1)
    plain = np.einsum("nchw,oc->nohw", conv_x.astype(float), conv_w[:, :, 0, 0].astype(float))
    added = real(1, 3, 5, 5)
    case("fused-conv", "FusedConv", [conv_x, conv_w, None, added], [np.clip(plain + added, -0.5, 1.5)], "com.microsoft", constants=(1,),
         activation="Clip", activation_params=[-0.5, 1.5])
    norm_x, gain = real(2, 3, 8), real(8)
    rms = norm_x / np.sqrt((norm_x.astype(float) ** 2).mean(-1, keepdims=True) + 1e-5)
    case("simplified-layer-norm", "SimplifiedLayerNormalization", [norm_x, gain], [rms * gain], opset=17, constants=(1,))


def dynamic():
    a, scale = real(3, 6), real(4) ** 2 * 0.01 + 0.005
    w, zero = RNG.integers(0, 256, (6, 4)).astype(np.uint8), RNG.integers(100, 150, 4).astype(np.uint8)
    case("dynamic-matmul", "DynamicQuantizeMatMul", [a, w, scale, zero, real(4)], None, "com.microsoft", constants=(1, 2, 3, 4))
    product = a.astype(float) @ ((w.astype(float) - zero) * scale) + CASES[-1][2][4]
    CASES[-1] = CASES[-1][:3] + ([product],) + CASES[-1][4:]

    steps, batch, inputs, hidden = 5, 2, 3, 4
    x, b = real(steps, batch, inputs), real(2, 8 * hidden) * 0.3
    quantized = lambda rows: RNG.integers(-127, 128, (2, rows, 4 * hidden)).astype(np.int8)
    w, r = quantized(inputs), quantized(hidden)
    ws, rs = np.float32([0.004, 0.006]), (np.abs(real(2, 4 * hidden)) * 0.002 + 0.003).astype(np.float32)
    zw, zr = np.array([3, -2], np.int8), np.zeros((2, 4 * hidden), np.int8)
    sigmoid = lambda z: 1 / (1 + np.exp(-z))
    y = np.zeros((steps, 2, batch, hidden))
    last_h, last_c = np.zeros((2, batch, hidden)), np.zeros((2, batch, hidden))
    for d in range(2):
        wf, rf = (w[d].astype(float) - zw[d]) * ws[d], (r[d].astype(float) - zr[d]) * rs[d]
        h = c = np.zeros((batch, hidden))
        for t in range(steps) if d == 0 else reversed(range(steps)):
            gates = x[t].astype(float) @ wf + h @ rf + b[d, :4 * hidden] + b[d, 4 * hidden:]
            i, o, f, g = np.split(gates, 4, -1)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(c)
            y[t, d] = h
        last_h[d], last_c[d] = h, c
    case("dynamic-lstm", "DynamicQuantizeLSTM", [x, w, r, b, None, None, None, None, ws, zw, rs, zr], [y, last_h, last_c], "com.microsoft",
         constants=(1, 2, 3, 8, 9, 10, 11), hidden_size=hidden, direction="bidirectional")


def make_model(op, inputs, outputs, first, domain, opset, constants, attributes):
    """Output `first` is the model's first one: tinyc-run writes that."""
    names = [f"x{i}" if array is not None else "" for i, array in enumerate(inputs)]
    results = [f"y{i}" if array is not None else "" for i, array in enumerate(outputs)]
    node = helper.make_node(op, names, results, domain=domain, **attributes)
    info = lambda name, array: helper.make_tensor_value_info(name, TYPES[str(array.dtype)], array.shape)
    graph = helper.make_graph(
        [node], "g", [info(name, array) for i, (name, array) in enumerate(zip(names, inputs)) if name and i not in constants],
        sorted((helper.make_tensor_value_info(name, TensorProto.FLOAT, array.shape) for name, array in zip(results, outputs) if name),
               key=lambda value: value.name != f"y{first}"),
        [numpy_helper.from_array(np.ascontiguousarray(inputs[i]), names[i]) for i in constants])
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=10)


def main():
    for family in (onnx_attention, microsoft_attention, rotary, fused, dynamic):
        family()
    keep = next((a.split("=")[1] for a in sys.argv[1:] if a.startswith("--keep=")), None)
    failures = 0
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(keep or temporary)
        folder.mkdir(exist_ok=True)
        for name, op, inputs, outputs, domain, opset, constants, attributes in CASES:
            flags = []
            for index, array in enumerate(inputs):
                if array is not None and index not in constants:
                    np.save(folder / f"{name}.in.{index}.npy", array)
                    flags.append(f"--input=x{index}={folder}/{name}.in.{index}.npy")
            problem = None
            for index, array in reversed(list(enumerate(outputs))):
                if array is None:
                    continue
                path = folder / f"{name}.onnx"
                path.write_bytes(make_model(op, inputs, outputs, index, domain, opset, constants, attributes).SerializeToString())
                np.save(folder / f"{name}.out.{index}.npy", array)
                done = subprocess.run(["tinyc-run", path, "--quantize=none", "--target=host", f"--output={folder}/got.npy", *flags],
                                      capture_output=True, text=True)
                if done.returncode:
                    problem = done.stderr.strip()[:300]
                    break
                error = np.abs(np.load(folder / "got.npy").reshape(array.shape) - array).max() / np.abs(array).max()
                if not error < 2e-5:
                    problem = f"output {index} differs by {error:.3g} of its greatest element"
            if problem:
                print(f"FAILED {name}: {problem}")
                failures += 1
    print(f"{len(CASES) - failures} of {len(CASES)} passed")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
