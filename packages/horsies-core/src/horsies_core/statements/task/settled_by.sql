-- Which of these attempts ended for good under their own claim: a settling whose reply was lost finds itself here.
-- A rescue ends a task under the claim of the worker that was lost, and that was not us.
select finished.id
  from {schema}.finished
  join unnest(%(ids)b::uuid[], %(claim_tokens)b::uuid[]) as claimed (id, claim_token)
    on finished.id = claimed.id and finished.claim_token = claimed.claim_token
 where not exists (select
                     from {schema}.workers as worker
                    where worker.incarnation = finished.incarnation
                      and worker.lost_at    <= finished.finished_at);
