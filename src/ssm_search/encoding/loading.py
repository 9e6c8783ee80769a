"""A name → the encoder that goes by it."""

from __future__ import annotations

from pathlib import Path

from ssm_search.encoding.encoder import MODEL_FILES, Encoder, SentenceTransformerEncoder
from ssm_search.encoding.onnx import OnnxEncoder
from ssm_search.errors import EncoderError
from ssm_search.files import settled
from ssm_search.shipped import DEFAULT_MODEL, shipped_folder

_NOT_NEEDED = ("onnx/*", "openvino/*", "*.bin", "*.h5", "*.ot", "*.msgpack")


def load_encoder(name: str = DEFAULT_MODEL) -> Encoder:
    """An encoder by name or folder.

    The default one comes with this package, as an export that ONNX Runtime runs. Any other name is
    looked for as the folder of a sentence-transformers model, then in the local Hugging Face
    cache, and only then on the model hub.

    Raises:
        EncoderError: no such model, no network to fetch it, or weights that are not what they
            should be.
    """
    if name == DEFAULT_MODEL:
        return OnnxEncoder(settled(shipped_folder()) / OnnxEncoder.FOLDER)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return SentenceTransformerEncoder(folder)
    return SentenceTransformerEncoder(_from_hub(name), name)


def _from_hub(name: str) -> Path:
    """The folder of a hub model in the local cache; downloaded only if it is not there."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        for local_only in (True, False):
            try:
                return Path(
                    snapshot_download(
                        repository,
                        allow_patterns=list(MODEL_FILES),
                        ignore_patterns=list(_NOT_NEEDED),
                        local_files_only=local_only,
                    )
                )
            except LocalEntryNotFoundError:
                if not local_only:
                    raise
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise EncoderError(
            f"no model {name!r}: no such folder, and the model hub did not give it "
            f"({type(error).__name__}); expected {DEFAULT_MODEL}, a folder, or a hub name"
        ) from error
    raise AssertionError("unreachable")
