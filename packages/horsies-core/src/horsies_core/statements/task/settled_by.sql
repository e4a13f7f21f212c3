-- Which of these attempts ended for good under their own claim: a settling whose reply was lost finds itself here.
select finished.id
  from {schema}.finished
  join unnest(%(ids)b::uuid[], %(claim_tokens)b::uuid[]) as claimed (id, claim_token)
    on finished.id = claimed.id and finished.claim_token = claimed.claim_token;
