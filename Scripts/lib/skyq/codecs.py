"""The two foreign formats inside a .skyq file, by the system's libxxhash and libzstd: for the scripts that
make and read .skyq files, which need numpy and the standard library besides.
"""

import ctypes

_xxhash = ctypes.CDLL("libxxhash.so.0")
_xxhash.XXH3_64bits.restype = ctypes.c_uint64
_xxhash.XXH3_64bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]

_zstd = ctypes.CDLL("libzstd.so.1")
_POINTER, _SIZE = ctypes.c_void_p, ctypes.c_size_t
for _name, _result, _arguments in [
    ("ZSTD_createCCtx", _POINTER, []),
    ("ZSTD_freeCCtx", _SIZE, [_POINTER]),
    ("ZSTD_CCtx_setParameter", _SIZE, [_POINTER, ctypes.c_int, ctypes.c_int]),
    ("ZSTD_compressBound", _SIZE, [_SIZE]),
    ("ZSTD_compress2", _SIZE, [_POINTER, ctypes.c_char_p, _SIZE, ctypes.c_char_p, _SIZE]),
    ("ZSTD_findFrameCompressedSize", _SIZE, [ctypes.c_char_p, _SIZE]),
    ("ZSTD_decompress", _SIZE, [ctypes.c_char_p, _SIZE, ctypes.c_char_p, _SIZE]),
    ("ZSTD_isError", ctypes.c_uint, [_SIZE]),
    ("ZSTD_getErrorName", ctypes.c_char_p, [_SIZE]),
]:
    getattr(_zstd, _name).restype, getattr(_zstd, _name).argtypes = _result, _arguments
_LEVEL, _CONTENT_SIZE_FLAG, _CHECKSUM_FLAG = 100, 200, 201  # ZSTD_cParameter in zstd.h


class FrameError(Exception):
    """libzstd's word for what is wrong with a frame."""


def xxh3(data):
    """XXH3-64 with seed 0."""
    data = bytes(data)
    return _xxhash.XXH3_64bits(data, len(data))


def compress(data, level=3, states_size=True, has_checksum=False):
    """One zstd frame."""
    context = _zstd.ZSTD_createCCtx()
    try:
        for key, value in [(_LEVEL, level), (_CONTENT_SIZE_FLAG, int(states_size)), (_CHECKSUM_FLAG, int(has_checksum))]:
            _checked(_zstd.ZSTD_CCtx_setParameter(context, key, value))
        capacity = _zstd.ZSTD_compressBound(len(data))
        frame = ctypes.create_string_buffer(capacity)
        length = _checked(_zstd.ZSTD_compress2(context, frame, capacity, bytes(data), len(data)))
        return frame.raw[:length]
    finally:
        _zstd.ZSTD_freeCCtx(context)


def frame_length(data):
    """Bytes of the first frame of `data`."""
    return _checked(_zstd.ZSTD_findFrameCompressedSize(bytes(data), len(data)))


def decompress(frame, capacity):
    """What a frame holds, at most `capacity` bytes."""
    plain = ctypes.create_string_buffer(max(1, capacity))
    length = _checked(_zstd.ZSTD_decompress(plain, capacity, bytes(frame), len(frame)))
    return plain.raw[:length]


def _checked(result):
    if _zstd.ZSTD_isError(result):
        raise FrameError(_zstd.ZSTD_getErrorName(result).decode())
    return result
