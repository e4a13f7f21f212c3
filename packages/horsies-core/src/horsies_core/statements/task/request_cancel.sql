-- Ask for the end of a task that runs. Changes no status: its worker is told, and it ends CANCELLED when its code ends.
-- A forced request is not taken back by a milder one.
with asked as (
    update {schema}.tasks
       set cancel_requested = case when cancel_requested = 'force' then 'force' else %(manner)s end
     where id = %(id)b
       and status in ('CLAIMED', 'RUNNING')
 returning id
)
select pg_notify(%(channel)s, 'cancel')
  from asked;
