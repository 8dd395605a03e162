"""All STRIDE rules. Identifiers of CWE, CAPEC and ATT&CK are facts; the words are our own."""

from studio_magics.tools.cyber.threat_modeling import stride_edges, stride_service, stride_trust

AS_OF = "2026-11-26"
"""When the references of the rules were last looked through."""
RULES = (
    *stride_trust.SPOOFING,
    *stride_trust.TAMPERING,
    *stride_trust.REPUDIATION,
    *stride_service.DISCLOSURE,
    *stride_service.DENIAL,
    *stride_service.ELEVATION,
    *stride_edges.RULES,
)
