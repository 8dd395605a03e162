"""Words people use for what the description calls otherwise: other spellings, products, habits."""

from collections.abc import Callable, Mapping
from typing import Any, cast


def _table(rows: Mapping[str, str]) -> Mapping[str, str]:
    return {word: meaning for meaning, words in rows.items() for word in words.split()}


KINDS = _table(
    {
        "person": "user actor human people customer employee operator administrator",
        "external": (
            "external-entity external-system external-service third-party thirdparty saas partner "
            "supplier vendor outside"
        ),
        "process": (
            "service server application app component function lambda api microservice web-app webapp "
            "web-application web-service frontend backend worker job gateway proxy container program"
        ),
        "store": (
            "database db datastore data-store storage bucket cache queue file-system filesystem files disk "
            "log-store repository"
        ),
    }
)
CLASSES = _table(
    {
        "personal": "pii personal-data personally-identifiable",
        "special": "phi health medical biometric genetic special-category",
        "payment": "pci card card-data cardholder cardholder-data",
        "credentials": "credential secrets password passwords key keys token tokens login logins",
        "confidential": "sensitive restricted proprietary",
    }
)
TECHNOLOGIES = _table(
    {
        "web": "react angular vue html browser website web-ui frontend",
        "api": "rest rest-api graphql grpc soap openapi",
        "mobile": "android ios app",
        "sql": "postgresql postgres mysql mariadb oracle mssql sql-server sqlite aurora rds cloud-sql",
        "nosql": "mongodb mongo dynamodb redis cassandra cosmosdb elasticsearch opensearch memcached",
        "files": "file-system filesystem nfs smb ftp",
        "object-storage": "s3 gcs blob-storage azure-blob minio bucket",
        "queue": "kafka rabbitmq sqs pubsub pub-sub event-hub service-bus nats",
        "log": "logs siem splunk audit-log",
        "email": "smtp mail",
        "container": "docker kubernetes k8s ecs fargate cloud-run",
        "llm": "language-model gpt chatbot",
        "llm-agent": "agent ai-agent mcp",
    }
)
PROTOCOLS = _table(
    {
        "tls": "ssl tls-1.2 tls-1.3 tls1.2 tls1.3",
        "mutual-tls": "mtls",
        "grpcs": "grpc-tls grpc+tls",
        "ws": "websocket websockets",
        "wss": "secure-websocket",
        "postgresql": "postgres pgsql libpq",
        "mssql": "tds",
        "jdbc": "odbc sql",
        "local": "ipc in-process unix-socket",
        "vpn": "ipsec wireguard",
    }
)
AUTHENTICATIONS = _table(
    {
        "none": "anonymous",
        "password": "basic basic-auth username-password",
        "token": "oauth oauth2 oauth-2.0 oidc openid-connect jwt bearer bearer-token api-key apikey saml sso",
        "mfa": "2fa two-factor fido2 webauthn passkey",
        "mutual-tls": "mtls certificate client-certificate",
        "network": "ip-allowlist ip-whitelist ip security-group vpn",
    }
)
CONTROLS = _table(
    {
        "authorisation": "authorization authz rbac abac",
        "authentication": "authn",
        "mfa": "2fa two-factor passkeys",
        "parameterised-queries": "parameterized-queries prepared-statements",
        "pseudonymisation": "pseudonymization",
        "data-minimisation": "data-minimization",
        "safe-deserialisation": "safe-deserialization",
        "rate-limit": "rate-limiting rate-limits throttling",
        "encryption": "tls encryption-in-transit https",
        "encryption-at-rest": "disk-encryption",
        "logging": "audit-log audit-logs audit-logging logs",
        "secrets-vault": "vault secrets-manager secret-manager key-vault",
        "backup": "backups",
        "redundancy": "high-availability multi-az failover",
        "network-restriction": "firewall security-group security-groups network-segmentation segmentation",
        "input-validation": "validation",
        "least-privilege": "minimal-rights",
        "access-control": "acl access-controls",
        "malware-scan": "antivirus virus-scan",
        "dependency-scanning": "sca dependency-scan",
        "patching": "patch-management",
        "csrf-protection": "csrf-token csrf-tokens",
        "awareness": "training security-training",
        "error-hiding": "generic-errors",
    }
)


def one_word(words: Mapping[str, str]) -> Callable[[Any], Any]:
    """A validator that turns a text into the word that is meant: small letters, hyphens for blanks."""

    def chosen(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        plain = "-".join(value.lower().replace("_", " ").split())
        return words.get(plain, plain)

    return chosen


def several_words(words: Mapping[str, str]) -> Callable[[Any], Any]:
    """The same for a list; 'a' is short for ['a']."""
    one = one_word(words)

    def chosen(value: Any) -> Any:
        if isinstance(value, str):
            return [one(value)]
        return [one(each) for each in cast("list[Any]", value)] if isinstance(value, list | tuple) else value

    return chosen
