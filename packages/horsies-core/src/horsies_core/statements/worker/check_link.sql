-- Are you still there? Asked on the connection that otherwise only listens.
select 1;
