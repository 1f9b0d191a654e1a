import Contracts

/// The rows of `image_candidates` and `image_registries`, and how they compare with what machines have.
enum ImageCandidates {
    /// Candidates that belong to a row of `docker_image_references`.
    static let join = """
        c.registry = r.registry AND c.repository = r.repository AND c.tag = r.tag AND c.os = r.os
          AND c.architecture = r.architecture AND c.variant = r.variant
        """
    /// A machine has what the registry has: any of its digests is the index's or that of the platform's manifest, or
    /// the image is the same under another index.
    static let isSame = """
        (r.digests_json LIKE '%' || c.index_digest || '%' OR r.digests_json LIKE '%' || c.manifest_digest || '%'
          OR r.image_id = c.image_id)
        """
    /// The closed set of answers to "is there a newer one?".
    static let answer = """
        CASE WHEN r.pinned = 1 THEN 'pinned' WHEN r.has_digest = 0 THEN 'local_only'
          WHEN c.answer IS NULL THEN 'unknown' WHEN c.answer <> 'found' THEN c.answer
          WHEN \(isSame) THEN 'up_to_date'
          WHEN c.manifest_digest IS NULL THEN 'unknown' ELSE 'update_available' END
        """
    /// Since when it is so; null where nobody can say.
    static let since = """
        CASE WHEN r.pinned = 1 OR r.has_digest = 0 THEN NULL WHEN c.answer = 'found' THEN c.digest_since_at
          ELSE c.answer_since_at END
        """
    /// A reference that a registry can be asked about.
    private static let isAskable = "r.pinned = 0 AND r.has_digest = 1"
    private static let named = "registry = ?1 AND repository = ?2 AND tag = ?3"
    private static let platform = "os = ?4 AND architecture = ?5 AND variant = ?6"

    static let missing = Statement(
        "images.missing",
        """
        SELECT DISTINCT r.registry, r.repository, r.tag, r.os, r.architecture, r.variant
        FROM docker_image_references r
        WHERE \(isAskable) AND NOT EXISTS (SELECT 1 FROM image_candidates c WHERE \(join)) LIMIT 5000
        """)
    static let insert = Statement(
        "images.insert",
        """
        INSERT INTO image_candidates (registry, repository, tag, os, architecture, variant, answer, next_ask_at)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'unknown', ?7)
        ON CONFLICT (registry, repository, tag, os, architecture, variant) DO NOTHING
        """)
    static let registries = Statement(
        "images.registries", "SELECT DISTINCT registry FROM image_candidates ORDER BY registry")
    static let forbid = Statement(
        "images.forbid",
        """
        UPDATE image_candidates SET answer = 'not_allowed', answer_since_at = ?2, last_error = NULL
        WHERE registry = ?1 AND answer <> 'not_allowed'
        """)
    static let allow = Statement(
        "images.allow",
        """
        UPDATE image_candidates SET answer = 'unknown', answer_since_at = NULL, next_ask_at = ?2
        WHERE registry = ?1 AND answer = 'not_allowed'
        """)
    /// Machines that came with another digest, while only the index's was compared so far.
    static let hasten = Statement(
        "images.hasten",
        """
        UPDATE image_candidates SET next_ask_at = ?1
        WHERE answer = 'found' AND manifest_digest IS NULL AND next_ask_at > ?1
          AND EXISTS (SELECT 1 FROM docker_image_references r WHERE \(isAskable)
            AND r.registry = image_candidates.registry AND r.repository = image_candidates.repository
            AND r.tag = image_candidates.tag AND r.os = image_candidates.os
            AND r.architecture = image_candidates.architecture AND r.variant = image_candidates.variant
            AND r.digests_json NOT LIKE '%' || image_candidates.index_digest || '%')
        """)
    static let forget = Statement(
        "images.forget",
        """
        DELETE FROM image_candidates WHERE coalesce(asked_at, next_ask_at) < ?1
          AND NOT EXISTS (SELECT 1 FROM docker_image_references r WHERE \(isAskable)
            AND r.registry = image_candidates.registry AND r.repository = image_candidates.repository
            AND r.tag = image_candidates.tag)
        """)
    static let due = Statement(
        "images.due",
        """
        SELECT registry, repository, tag, min(next_ask_at) AS due_at FROM image_candidates
        WHERE next_ask_at <= ?1 AND answer <> 'not_allowed'
        GROUP BY registry, repository, tag ORDER BY due_at, registry, repository, tag LIMIT ?2
        """)
    static let everything = Statement(
        "images.everything",
        "SELECT DISTINCT registry, repository, tag FROM image_candidates ORDER BY registry, repository, tag")
    static let ofTag = Statement(
        "images.of_tag",
        """
        SELECT os, architecture, variant, answer, index_digest, manifest_digest, image_id, asked_at
        FROM image_candidates WHERE \(named) ORDER BY os, architecture, variant
        """)
    static let held = Statement(
        "images.held",
        """
        SELECT DISTINCT r.os, r.architecture, r.variant, r.digests_json, r.image_id FROM docker_image_references r
        WHERE r.registry = ?1 AND r.repository = ?2 AND r.tag = ?3 AND \(isAskable)
        """)
    static let found = Statement(
        "images.found",
        """
        UPDATE image_candidates SET answer = 'found',
          answer_since_at = CASE WHEN answer = 'found' THEN answer_since_at ELSE ?7 END, asked_at = ?7, next_ask_at = ?8,
          digest_since_at = CASE WHEN index_digest = ?9 THEN digest_since_at ELSE ?7 END,
          index_digest = ?9, manifest_digest = ?10, image_id = ?11, last_error = NULL
        WHERE \(named) AND \(platform)
        """)
    static let refused = Statement(
        "images.refused",
        """
        UPDATE image_candidates SET answer = ?9,
          answer_since_at = CASE WHEN answer = ?9 THEN answer_since_at ELSE ?7 END, asked_at = ?7, next_ask_at = ?8,
          last_error = ?10
        WHERE \(named) AND \(platform)
        """)
    static let postpone = Statement(
        "images.postpone", "UPDATE image_candidates SET next_ask_at = ?4 WHERE \(named)")
    static let ledger = Statement(
        "images.ledger",
        "SELECT blocked_until_at, window_started_at, window_requests, last_error FROM image_registries WHERE registry = ?1"
    )
    static let keepLedger = Statement(
        "images.keep_ledger",
        """
        INSERT INTO image_registries (registry, blocked_until_at, window_started_at, window_requests, last_error)
        VALUES (?1, ?2, ?3, ?4, ?5)
        ON CONFLICT (registry) DO UPDATE SET blocked_until_at = excluded.blocked_until_at,
          window_started_at = excluded.window_started_at, window_requests = excluded.window_requests,
          last_error = excluded.last_error
        """)
    /// One event for each machine, reference and new digest, however often it is looked at: no phantoms where a tag goes
    /// back and forth.
    static let announce = Statement(
        "images.announce",
        """
        INSERT INTO machine_events (machine_id, event_id, at, source, kind, type, severity, subject, message)
        SELECT r.machine_id, 'image-update ' || r.reference || ' ' || c.index_digest, CAST(?4 AS BIGINT), 'hub',
          'docker', 'image_update_available', 'info', min(r.reference),
          'the registry has a newer image of ' || r.reference
        FROM docker_image_references r JOIN image_candidates c ON \(join)
        WHERE r.registry = ?1 AND r.repository = ?2 AND r.tag = ?3 AND \(isAskable) AND c.answer = 'found'
          AND c.manifest_digest IS NOT NULL
          AND coalesce(CASE WHEN \(isSame) THEN 1 ELSE 0 END, 0) = 0
        GROUP BY r.machine_id, r.reference, c.index_digest
        ON CONFLICT (machine_id, event_id) DO NOTHING
        """)
    /// How many machines' references stand where, for a tag.
    static let summary = Statement(
        "images.summary",
        """
        SELECT a.answer, min(a.since_at) AS since_at, count(*) AS machines FROM (
          SELECT \(answer) AS answer, \(since) AS since_at FROM docker_image_references r
          LEFT JOIN image_candidates c ON \(join)
          WHERE r.registry = ?1 AND r.repository = ?2 AND r.tag = ?3 AND \(isAskable)) a
        GROUP BY a.answer ORDER BY a.answer
        """)

    static let all = [
        missing, insert, registries, forbid, allow, hasten, forget, due, everything, ofTag, held, found, refused,
        postpone, ledger, keepLedger, announce, summary,
    ]
}
