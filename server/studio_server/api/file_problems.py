"""From errors about uploads, files of runs and secrets to HTTP: the part of the table that is about files."""

from collections.abc import Callable
from typing import Any

from studio_magics.contracts.problems import FieldProblem, Problem
from studio_server.api.wording import problem
from studio_server.runs.service import ArtefactGone
from studio_server.runs.upload_refusals import (
    OffsetDiffers,
    SizeDiffers,
    UploadBusy,
    UploadDiffers,
    UploadInUse,
    UploadKindRefused,
    UploadMissing,
    UploadTooLarge,
)
from studio_server.runs.user_secrets import SecretMissing, SecretRefused


def _upload_missing(fault: UploadMissing) -> Problem:
    return problem(
        422,
        "upload_missing",
        f"The content of '{fault.name}' is not on the server.",
        fault.digest,
        f"send it first: PUT /api/uploads/{fault.digest}",
    )


def _upload_too_large(fault: UploadTooLarge) -> Problem:
    megabytes = fault.allowed_bytes // 10**6
    what = "All your uploads together may have" if fault.together else "One upload may have"
    return problem(
        413,
        "upload_too_large",
        f"{what} at most {megabytes:,} MB.",
        "",
        "send a sample, or Parquet in place of CSV",
    )


def _secret_missing(fault: SecretMissing) -> Problem:
    found, known = f"a secret that is not set, {fault.name[:64]}", ", ".join(fault.known[:10])
    wrong = FieldProblem(field=fault.field, found=found, allowed=known or "none is set yet")
    return problem(
        422,
        "secret_missing",
        f"There is no secret '{fault.name[:64]}'.",
        f"set: {known}" if known else "none is set yet",
        f"%studio secret {fault.name[:64]} sets it",
        fields=(wrong,),
    )


def _secret_refused(fault: SecretRefused) -> Problem:
    wrong = FieldProblem(field=fault.field, found=fault.found, allowed=fault.allowed)
    error = f"'{fault.field}' cannot be {fault.found}."
    return problem(
        422, "invalid_request", error, "", f"correct '{fault.field}': {fault.allowed}", fields=(wrong,)
    )


FILES: dict[type[BaseException], Callable[[Any], Problem]] = {
    ArtefactGone: lambda fault: problem(
        410,
        "artefact_gone",
        f"The file {fault.name[:80]} was kept until {fault.until:%Y-%m-%d}.",
        f"run {fault.run_id}",
        "run the tool again, and save the file",
    ),
    UploadMissing: _upload_missing,
    UploadTooLarge: _upload_too_large,
    UploadDiffers: lambda fault: problem(
        422,
        "upload_differs",
        "The content does not have the digest in the URL.",
        f"found {fault.found}",
        "send the content again",
    ),
    UploadKindRefused: lambda fault: problem(
        415, "upload_kind_refused", f"This upload is not taken: {fault.found}.", f"allowed: {fault.allowed}"
    ),
    OffsetDiffers: lambda fault: problem(
        409,
        "offset_differs",
        f"The piece begins at byte {fault.asked:,}; {fault.here:,} bytes are here.",
        "",
        f"send the piece that begins at {fault.here}",
        available=fault.here,
        needed=fault.asked,
    ),
    SizeDiffers: lambda fault: problem(
        409,
        "size_differs",
        f"The upload was announced with {fault.announced:,} bytes.",
        "",
        "send as many, or delete the upload and begin again",
    ),
    UploadBusy: lambda _: problem(
        409, "upload_busy", "Another request sends this content now.", "", "ask how far it is, then go on"
    ),
    UploadInUse: lambda _: problem(
        409, "upload_in_use", "A run of yours is not over and may need it.", "", "wait for it, or cancel it"
    ),
    SecretRefused: _secret_refused,
    SecretMissing: _secret_missing,
}
